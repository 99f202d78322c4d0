"""Bulk files over HTTP: ``/bestanden/`` for people, ``/bestanden/atom.xml`` for programs, and the files.

``/bestanden/<layer>/<layer>.gpkg`` is the newest, ``/bestanden/<layer>/<publication>/<layer>.gpkg`` that of one
publication; with ``.sha256`` behind it comes the checksum, as ``sha256sum -c`` reads it. Files take ranges and
conditions: the ETag is the checksum, Last-Modified is the moment of the publication.
"""

from flask import Flask, Response, make_response, redirect, render_template, request, send_file
from werkzeug import Response as WerkzeugResponse
from werkzeug.exceptions import NotFound

from risicoatlas.bulk import atom, store
from risicoatlas.bulk.store import BulkFile, Edition
from risicoatlas.catalogue import Layer
from risicoatlas.service import Service

A_YEAR_S = 31_536_000


def add(app: Flask, service: Service) -> None:
    """Put the addresses on the application."""

    @app.get("/bestanden")
    def bulk_files_without_slash() -> WerkzeugResponse:
        return redirect(f"{service.settings.public_url}/bestanden/", 308)

    @app.get("/bestanden/")
    def bulk_files() -> str:
        layers = [(layer, store.editions(service, layer)) for layer in store.offered(service)]
        return render_template("bestanden.html", layers=layers)

    @app.get(atom.PATH)
    def bulk_feed() -> Response:
        entries = [(layer, edition) for layer in store.offered(service) for edition in store.editions(service, layer)]
        response = make_response(atom.document(entries, service.settings))
        response.mimetype = atom.MEDIA_TYPE
        response.cache_control.public, response.cache_control.no_cache = True, True
        response.add_etag()
        response.make_conditional(request)
        return response

    @app.get("/bestanden/<name>/<file>")
    def latest_file(name: str, file: str) -> Response:
        layer, wanted, checksum = _wanted(name, file, service)
        for edition, found in store.latest(service, layer):
            if found.name == wanted:
                return _answer(edition, found, checksum=checksum, pinned=False)
        raise NotFound

    @app.get("/bestanden/<name>/<int:publication>/<file>")
    def pinned_file(name: str, publication: int, file: str) -> Response:
        layer, wanted, checksum = _wanted(name, file, service)
        for edition in store.editions(service, layer):
            for found in edition.files:
                if (edition.publication, found.name) == (publication, wanted):
                    return _answer(edition, found, checksum=checksum, pinned=True)
        raise NotFound


def _wanted(name: str, file: str, service: Service) -> tuple[Layer, str, bool]:
    """The layer, the file's name and whether its checksum is asked; a hidden layer is absent."""
    layer = next((layer for layer in store.offered(service) if layer.name == name), None)
    if layer is None:
        raise NotFound
    plain = file.removesuffix(f".{store.CHECKSUM}")
    return layer, plain, plain != file


def _answer(edition: Edition, file: BulkFile, *, checksum: bool, pinned: bool) -> Response:
    if checksum:
        response = make_response(f"{file.sha256}  {file.name}\n")
        response.mimetype = "text/plain"
        response.add_etag()
        response.make_conditional(request)
    else:
        try:
            response = send_file(
                file.path,
                mimetype=file.format.media_type,
                as_attachment=True,
                download_name=file.name,
                conditional=True,
                etag=file.sha256,
                last_modified=edition.published,
            )
        except FileNotFoundError as error:  # removed since it was listed
            raise NotFound from error
        response.headers["X-Publication"] = str(edition.publication)
    response.cache_control.public = True
    if pinned:
        response.cache_control.no_cache = None
        response.cache_control.max_age, response.cache_control.immutable = A_YEAR_S, True
    else:
        response.cache_control.no_cache = True
    return response
