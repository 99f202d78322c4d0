"""Files that need a library: the rows of a plan in, a GeoPackage, FlatGeobuf or zipped shapefile out, by way of fiona.

Rows come from the query layer in chunks and go to disk, so that memory does not grow with the layer. Coordinates are
east or longitude first, as these formats have it, whatever the notation of the CRS that was asked. A file that is built
for a client has no name any more by the time that it is sent: when the client goes away, or this process ends, the
disk has its room back.
"""

import json
import logging
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import fiona
from fiona._err import CPLE_BaseError
from fiona.errors import FionaError
from fiona.model import Feature, Geometry, Properties

from risicoatlas.catalogue import GEOMETRY, Field, Layer
from risicoatlas.errors import BusyError, LimitError, RisicoAtlasError, UnavailableError
from risicoatlas.features import file_settings, geojson, shapefile
from risicoatlas.features.file_settings import FileSettings
from risicoatlas.features.plan import Plan
from risicoatlas.features.query import Reading
from risicoatlas.service import Service

LOG = logging.getLogger(__name__)
TYPES = {
    "text": "str",
    "integer": "int64",
    "number": "float",
    "boolean": "bool",
    "date": "date",
    "datetime": "datetime",
}
CHUNK_BYTES = 64 * 1024
# Every digit that a double has; what PostGIS writes is the shortest text that is the same number.
EXACT = 15
_FOLDER = "tijdelijk"
_CHECK_EACH = 500
# Well past what any file on request may take.
_LEFT_AFTER_S = 3600
_BYTES_OF_MB = 1024 * 1024

Record = dict[str, Any]
Records = Callable[[], Iterable[Record]]
Options = Callable[[Layer], dict[str, str]]


@dataclass(frozen=True)
class FileFormat:
    """``types`` are fiona's for ours, ``options`` the driver's for a layer; ``index_refuses_null`` where a spatial
    index takes no feature without geometry."""

    name: str
    suffix: str
    media_type: str
    driver: str
    types: Mapping[str, str]
    options: Options = lambda layer: {}
    index_refuses_null: bool = False
    zipped: bool = False


def _geopackage(layer: Layer) -> dict[str, str]:
    """Times are in UTC, as the standard has them (OGC 12-128, table 1); title and description are its contents."""
    described = {"IDENTIFIER": layer.title.nl, "DESCRIPTION": layer.description.nl}
    # A table of one's own may have come out of a GeoPackage itself, with its key among the columns.
    taken = {item.name.lower() for item in layer.fields}
    key = "fid"
    while key in taken:
        key += "_"
    return {**described, "GEOMETRY_NAME": GEOMETRY, "FID": key, "DATETIME_FORMAT": "UTC"}


def _flatgeobuf(layer: Layer) -> dict[str, str]:
    return {"TITLE": layer.title.nl, "DESCRIPTION": layer.description.nl}


GEOPACKAGE = FileFormat("GeoPackage", "gpkg", "application/geopackage+sqlite3", "GPKG", TYPES, _geopackage)
# The format knows moments and no dates: a date is a text.
FLATGEOBUF = FileFormat(
    "FlatGeobuf", "fgb", "application/flatgeobuf", "FlatGeobuf", {**TYPES, "date": "str"}, _flatgeobuf, True
)
SHAPEFILE = FileFormat("Shapefile", "zip", "application/zip", "ESRI Shapefile", shapefile.TYPES, zipped=True)


@dataclass(frozen=True)
class Written:
    """A finished file and the features in it."""

    path: Path
    count: int


@dataclass(frozen=True)
class Spool:
    """A finished file on its way to a client: already without a name, gone when it is closed."""

    file: BinaryIO
    size: int
    count: int

    def __iter__(self) -> Iterator[bytes]:
        with self.file:
            while chunk := self.file.read(CHUNK_BYTES):
                yield chunk

    def close(self) -> None:
        self.file.close()


def build(form: FileFormat, reading: Reading, service: Service) -> Spool:
    """The file of what a reading reads, whole before its first byte is sent; the reading is the caller's to close.

    Raises :class:`BusyError` when this process builds as many as it may, :class:`LimitError` for one that takes too
    long or grows too large.
    """
    bounds = file_settings.read(service.settings.config)
    with _slot(bounds), _folder(service) as folder:
        plan, rows = reading.plan, _Rows(reading)
        watch = _Watch(folder, bounds, plan.layer, service.settings.public_url)
        written = write(form, plan, lambda: watch.over(rows.records()), folder, bounds)
        file = written.path.open("rb")
        return Spool(file, written.path.stat().st_size, written.count)


def disposition(layer: str, suffix: str) -> tuple[str, str]:
    """The header that names the file; names of layers are plain words."""
    return ("Content-Disposition", f'attachment; filename="{layer}.{suffix}"')


def row(plan: Plan) -> Any:
    """SQL of one record as JSON: exact coordinates, east or longitude first."""
    return geojson.feature_row(replace(plan, crs=replace(plan.crs, latitude_first=False)), decimals=EXACT)


class _Rows:
    """The rows of a reading as fiona takes them, a chunk in memory; asked again, they come again."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._begun = False

    def records(self) -> Iterator[Record]:
        if self._begun:
            self._reading.restart()
        self._begun = True
        for chunk in self._reading.stream(row(self._reading.plan), b","):
            yield from json.loads(b"[" + chunk.lstrip(b",") + b"]")


def write(form: FileFormat, plan: Plan, rows: Records, folder: Path, settings: FileSettings) -> Written:
    """The file of a layer in ``folder``, read back and counted; ``rows`` is called again where the first attempt must
    be given up."""
    columns = _columns(form, plan, settings)
    try:
        try:
            written = _written(form, plan, rows, folder, columns)
        except _NullGeometryError:
            written = _written(form, plan, rows, folder, columns, {"SPATIAL_INDEX": "NO"})
        return _zipped(written, plan.layer, columns) if form.zipped else written
    except (FionaError, CPLE_BaseError, RuntimeError, OSError) as error:
        LOG.exception("writing %s of %s failed", form.name, plan.layer.name)
        raise UnavailableError(f"the {form.name} could not be written: try again later") from error


class _NullGeometryError(Exception):
    """A feature has no geometry, which the spatial index of the format cannot hold."""


def _columns(form: FileFormat, plan: Plan, settings: FileSettings) -> shapefile.Columns:
    names = {item.name: item.name for item in plan.fields}
    if form.zipped:
        names = shapefile.short_names(names, settings.short_names)
    return shapefile.Columns(plan.layer, plan.fields, names)


def _written(
    form: FileFormat,
    plan: Plan,
    rows: Records,
    folder: Path,
    columns: shapefile.Columns,
    more: Mapping[str, str] | None = None,
) -> Written:
    columns.cut.clear()
    path = folder / f"{plan.layer.name}.{'shp' if form.zipped else form.suffix}"
    path.unlink(missing_ok=True)
    spatial = plan.geometry is not None
    options = {**form.options(plan.layer), **(more or {})}
    refuse_null = form.index_refuses_null and not more
    if refuse_null and not spatial:
        raise _NullGeometryError
    schema = {
        "geometry": plan.layer.geometry_type if spatial else "None",
        "properties": {columns.names[item.name]: form.types[item.type] for item in plan.fields},
    }
    tally = _Tally(_converted(form, plan, columns, rows()), refuse_null)
    with (
        fiona.Env(),
        fiona.open(
            path,
            "w",
            driver=form.driver,
            layer=plan.layer.name,
            schema=schema,
            crs=f"EPSG:{plan.crs.srid}" if spatial else None,
            encoding="UTF-8",
            **options,
        ) as target,
    ):
        target.writerecords(tally)
    _check_count(path, form, tally.count)
    return Written(path, tally.count)


class _Values(Properties):  # type: ignore[misc]
    """Attributes as a plain dictionary has them: fiona's own copy all of them each time that one is looked up, which
    is most of the work on a table of thirty columns."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._data = values

    def __getitem__(self, name: str) -> Any:
        return self._data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


class _Tally(Iterator[Feature]):
    """Counts what passes."""

    def __init__(self, rows: Iterator[Feature], refuse_null: bool) -> None:
        self.count = 0
        self._rows = rows
        self._refuse_null = refuse_null

    def __next__(self) -> Feature:
        feature = next(self._rows)
        if self._refuse_null and feature.geometry is None:
            raise _NullGeometryError
        self.count += 1
        return feature


def _converted(form: FileFormat, plan: Plan, columns: shapefile.Columns, rows: Iterable[Record]) -> Iterator[Feature]:
    """Features with the names and values that the format can hold."""
    steps = [(item.name, columns.names[item.name], _converter(form, item, columns)) for item in plan.fields]
    for record in rows:
        values, shape = record["properties"], record["geometry"]
        fitted = {short: values[name] if convert is None else convert(values[name]) for name, short, convert in steps}
        yield Feature(geometry=Geometry.from_dict(shape) if shape else None, properties=_Values(fitted))


def _converter(form: FileFormat, item: Field, columns: shapefile.Columns) -> Callable[[Any], Any] | None:
    if item.type in {"date", "datetime"} and form.types[item.type] in {"date", "datetime"}:
        return in_four_digits
    return columns.converter(item) if form.zipped else None


def in_four_digits(value: str | None) -> str | None:
    """A moment that has a form in four digits of the year; PostgreSQL also knows infinity and 43 BC."""
    return value if value is not None and value[4:5] == "-" and not value.endswith("BC") else None


def _check_count(path: Path, form: FileFormat, count: int) -> None:
    """A disk that is full shows at the close of a file, where GDAL only remarks on it."""
    if not count:
        return
    with fiona.open(path.with_suffix(".dbf") if form.zipped else path) as found:
        if len(found) != count:
            raise RisicoAtlasError(f"the {form.name} is not whole: {len(found)} of {count} features")


def _zipped(written: Written, layer: Layer, columns: shapefile.Columns) -> Written:
    """The parts of a shapefile as one archive, with what its columns mean."""
    path = written.path.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(written.path.parent.glob(f"{layer.name}.*")):
            if part != path:
                archive.write(part, part.name)
                part.unlink()
        archive.writestr("kolommen.csv", columns.table())
        archive.writestr("LEESMIJ.txt", columns.readme())
    return Written(path, written.count)


# Bounds of what is built on request


class _Watch:
    """Lets rows pass as long as the time and the size of a file on request allow."""

    def __init__(self, folder: Path, bounds: FileSettings, layer: Layer, public_url: str) -> None:
        self._folder = folder
        self._bounds = bounds
        self._layer = layer
        self._whole = f"{public_url}/bestanden/"
        self._deadline = time.monotonic() + bounds.duration_s

    def over(self, rows: Iterator[Record]) -> Iterator[Record]:
        for number, record in enumerate(rows):
            if number % _CHECK_EACH == 0:
                self._check()
            yield record

    def _check(self) -> None:
        bounds = self._bounds
        if time.monotonic() > self._deadline:
            raise self._refused(f"takes more than the {bounds.duration_s} s allowed")
        if sum(part.stat().st_size for part in self._folder.iterdir()) > bounds.size_mb * _BYTES_OF_MB:
            raise self._refused(f"is larger than the {bounds.size_mb} MB allowed")

    def _refused(self, what: str) -> LimitError:
        whole = "" if self._layer.restricted else f", or take the whole layer from {self._whole}"
        return LimitError(f"a file of {self._layer.name} on request {what}: ask for fewer features{whole}", "count")


@lru_cache
def _slots(number: int) -> threading.BoundedSemaphore:
    """What this process may build at the same time."""
    return threading.BoundedSemaphore(number)


@contextmanager
def _slot(bounds: FileSettings) -> Iterator[None]:
    slots = _slots(bounds.at_once)
    if not slots.acquire(timeout=bounds.wait_s):
        raise BusyError(
            f"{bounds.at_once} files are being built already, which is the most at the same time: try again",
            bounds.wait_s,
        )
    try:
        yield
    finally:
        slots.release()


@contextmanager
def _folder(service: Service) -> Iterator[Path]:
    """A folder for one file, open to this account only; those that a killed process left are removed."""
    root = service.settings.home / _FOLDER
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(root)
        made = tempfile.mkdtemp(dir=root)
    except OSError as error:
        LOG.exception("no folder for files can be made")
        raise UnavailableError("files cannot be built at the moment") from error
    try:
        yield Path(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _sweep(root: Path) -> None:
    for left in root.iterdir():
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _LEFT_AFTER_S:
                shutil.rmtree(left, ignore_errors=True)
