"""``datetime`` on GetFeature: what is valid at a moment or in a period, beside whatever else is asked."""

from urllib.parse import urlsplit

import pytest
from tests.wfs.conftest import Client

# Three rows of the world have no begin, row n begins on the n-th day after 1 January 2024; none has an end.
OPEN_ROWS = 3


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("2024-01-02", OPEN_ROWS + 1),
        ("2024-01-03/2024-01-04", OPEN_ROWS + 3),
        ("../2024-01-05T00:00:00+01:00", OPEN_ROWS + 4),
        ("2024-01-02/..", 403),
    ],
)
def test_datetime_gives_what_is_valid_then_as_the_ogc_api_does(client: Client, text: str, count: int) -> None:
    assert len(client.feature(datetime=text).ids) == count
    assert client.feature(datetime=text, resultType="hits").xml.get("numberMatched") == str(count)


def test_datetime_holds_beside_a_filter_a_box_and_ids(client: Client) -> None:
    assert len(client.feature(datetime="2024-01-10", cql_filter="aantal > 5").ids) == 4
    box = client.feature(bbox="131000,481000,131055,481005").ids
    assert 0 < len(client.feature(datetime="2024-01-04", bbox="131000,481000,131055,481005").ids) < len(box)
    assert client.feature(datetime="2024-01-04", resourceId="proef.NL.PROEF.2").ids == ["proef.NL.PROEF.2"]
    assert client.feature(datetime="2024-01-02", resourceId="proef.NL.PROEF.2").ids == []


def test_pages_of_a_period_keep_to_it(client: Client) -> None:
    page = client.feature(datetime="2024-01-10", count=5, sortBy="aantal")
    found = page.ids
    while address := page.xml.get("next"):
        page = client.query(urlsplit(address).query)
        found += page.ids
    assert len(found) == len(set(found)) == OPEN_ROWS + 9


@pytest.mark.parametrize("text", ["yesterday", "2024-13-01", "2025-01-01/2024-01-01", "../..", "a/b/c"])
def test_a_malformed_datetime_is_refused(client: Client, text: str) -> None:
    client.feature(datetime=text).refused("InvalidParameterValue", "datetime")


def test_a_join_takes_no_datetime(client: Client) -> None:
    client.feature("proef,punten", datetime="2024-01-01").refused("OptionNotSupported", "datetime")
