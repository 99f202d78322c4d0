"""Every conformance class that is declared names the tests that hold it up; of those not declared, this says why."""

import re
from pathlib import Path

from tests.standards.conftest import Ask
from tests.standards.test_oapif_core import refused

SPEC = "http://www.opengis.net/spec/"
FOLDER = Path(__file__).parent
_CORE = ("test_oapif_01_", "test_oapif_04_", "test_oapif_07_", "test_oapif_09_", "test_oapif_13_", "test_oapif_14_")
_CQL2 = "test_text_and_json_find_what_the_database_finds"

# Class -> beginnings of the names of the tests that would fail if it were not true.
TESTED = {
    "ogcapi-common-1/1.0/conf/core": ("test_oapif_01_", "test_oapif_14_", "test_oapif_46_"),
    "ogcapi-common-1/1.0/conf/landing-page": ("test_oapif_01_",),
    "ogcapi-common-1/1.0/conf/json": ("test_oapif_45_",),
    "ogcapi-common-1/1.0/conf/html": ("test_oapif_26_",),
    "ogcapi-common-1/1.0/conf/oas30": ("test_oapif_02_",),
    "ogcapi-common-2/1.0/conf/collections": ("test_oapif_04_", "test_oapif_05_", "test_oapif_06_"),
    "ogcapi-features-1/1.0/conf/core": (*_CORE, "test_oapif_16_", "test_oapif_19_", "test_oapif_20_", "test_oapif_24_"),
    "ogcapi-features-1/1.0/conf/oas30": ("test_oapif_02_", "test_oapif_12_", "test_oapif_15_"),
    "ogcapi-features-1/1.0/conf/html": ("test_oapif_26_",),
    "ogcapi-features-1/1.0/conf/geojson": ("test_oapif_07_", "test_oapif_11_"),
    "ogcapi-features-2/1.0/conf/crs": tuple(f"test_oapif_{number}_" for number in range(27, 32)),
    "ogcapi-features-3/1.0/conf/queryables": ("test_oapif_36_", "test_oapif_37_"),
    "ogcapi-features-3/1.0/conf/queryables-query-parameters": ("test_oapif_22_",),
    "ogcapi-features-3/1.0/conf/filter": ("test_oapif_32_", "test_oapif_33_", "test_oapif_35_"),
    "ogcapi-features-3/1.0/conf/features-filter": ("test_oapif_34_",),
    "ogcapi-features-5/1.0/conf/schemas": ("test_oapif_41_",),
    "ogcapi-features-5/1.0/conf/core-roles-features": ("test_oapif_41_",),
    "ogcapi-features-5/1.0/conf/returnables-and-receivables": ("test_oapif_41_",),
    "ogcapi-features-5/1.0/conf/queryables": ("test_oapif_36_", "test_oapif_37_"),
    "ogcapi-features-5/1.0/conf/sortables": ("test_oapif_39_",),
    "cql2/1.0/conf/cql2-text": (_CQL2, "test_quotes_and_signs_", "test_plus_space_"),
    "cql2/1.0/conf/cql2-json": (_CQL2, "test_json_that_is_no_filter_"),
    **dict.fromkeys(
        (
            f"cql2/1.0/conf/{name}"
            for name in (
                "basic-cql2", "advanced-comparison-operators", "case-insensitive-comparison",
                "accent-insensitive-comparison", "basic-spatial-functions", "basic-spatial-functions-plus",
                "basic-spatial-operators", "spatial-functions", "temporal-functions", "property-property", "arithmetic",
            )
        ),
        (_CQL2,),
    ),
    "cql2/1.0/conf/functions": ("test_oapif_38_",),
}  # fmt: skip


def test_every_declared_class_has_tests_and_every_true_one_is_declared(ask: Ask) -> None:
    declared = {uri.removeprefix(SPEC) for uri in ask("/conformance").json["conformsTo"]}
    assert declared == set(TESTED)
    names = {
        name
        for path in FOLDER.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for uri, tests in TESTED.items():
        for beginning in tests:
            assert any(name.startswith(beginning) for name in names), (uri, beginning)


def test_array_functions_are_not_declared_since_no_field_is_a_list(ask: Ask) -> None:
    for collection in ask("/collections").json["collections"]:
        fields = ask(f"/collections/{collection['id']}/schema").json["properties"].values()
        assert "array" not in {item.get("type") for item in fields}
    refused(ask("/collections/gemeenten/items", query_string={"filter": "A_EQUALS(naam,('a','b'))"}), "filter")


def test_part_4_is_not_declared_since_nothing_is_written(ask: Ask) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        assert ask("/collections/gemeenten/items/x", method=method).status_code == 405
    refused(ask("/collections/gemeenten/items", method="POST", data="{}", content_type="application/geo+json"))
