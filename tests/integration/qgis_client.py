"""Run by Debian's Python, which has QGIS: opens layers as QGIS' own data providers do and says what it saw.

In: JSON on standard input, ``{"folder": for profile and authentication database, "jobs": [{"name", "provider", "uri",
"key": for a stored Basic login or null}]}``. A job may have ``"subset"``, the filter of the layer, ``"rect"``, the box
of what is read, and of a picture ``"identify"``, a point and the box of the view. Out: JSON, by job ``valid, count,
crs, extent, fields, ids, first, bounds`` (the middle of the first object, and what all of them cover) or for a picture
``valid, colours, identified``, and every message of QGIS' log.
"""

import json
import os
import sys

task = json.load(sys.stdin)
os.environ.update(
    QT_QPA_PLATFORM="offscreen", QGIS_AUTH_DB_DIR_PATH=task["folder"], HOME=task["folder"],
    XDG_RUNTIME_DIR=task["folder"],
)  # fmt: skip

from qgis.core import (  # noqa: E402 - the environment comes first
    Qgis,
    QgsApplication,
    QgsAuthMethodConfig,
    QgsFeatureRequest,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsPointXY,
    QgsRaster,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize  # noqa: E402

QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
messages: list[dict] = []
LEVELS = {Qgis.Info: "info", Qgis.Warning: "warning", Qgis.Critical: "critical", Qgis.Success: "success"}
QgsApplication.messageLog().messageReceived[str, str, Qgis.MessageLevel].connect(
    lambda text, tag, level: messages.append({"text": text, "tag": tag, "level": LEVELS.get(level, str(level))})
)


def login(key: str) -> str:
    """A Basic login in the authentication database, set up before the connection is made."""
    manager = QgsApplication.authManager()
    if not manager.masterPasswordIsSet():
        manager.setMasterPassword("only for this run", True)
    config = QgsAuthMethodConfig("Basic")
    config.setName("atlas")
    config.setConfig("username", "qgis")
    config.setConfig("password", key)
    result = manager.storeAuthenticationConfig(config)
    # the binding gives the configuration, with its new id, beside the outcome
    stored, config = result if isinstance(result, tuple) else (result, config)
    assert stored, "the login could not be stored"
    return config.id()


def wanted(job: dict, crs: str) -> QgsFeatureRequest:
    request = QgsFeatureRequest()
    if rect := job.get("rects", {}).get(crs, job.get("rect")):
        request.setFilterRect(QgsRectangle(*rect)).setFlags(QgsFeatureRequest.ExactIntersect)
    return request


def vectors(layer: QgsVectorLayer, job: dict) -> dict:
    """Every object is read: a count that the server told may be wrong."""
    if job.get("subset"):
        layer.setSubsetString(job["subset"])
    features = list(layer.getFeatures(wanted(job, layer.crs().authid())))
    box = layer.extent()
    names = [name for name in ("identificatie",) if layer.fields().indexOf(name) >= 0]
    centre = features[0].geometry().boundingBox().center() if features and features[0].hasGeometry() else None
    bounds = QgsRectangle()
    bounds.setMinimal()
    for feature in features:
        if feature.hasGeometry():
            bounds.combineExtentWith(feature.geometry().boundingBox())
    return {
        "valid": layer.isValid(),
        "count": len(features),
        "ids": [feature[name] for name in names for feature in features],
        "first": [centre.x(), centre.y()] if centre else None,
        "bounds": [bounds.xMinimum(), bounds.yMinimum(), bounds.xMaximum(), bounds.yMaximum()],
        "told": layer.featureCount(),
        "crs": layer.crs().authid(),
        "extent": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()],
        "fields": {field.name(): field.typeName() for field in layer.fields()},
    }


def picture(layer: QgsRasterLayer, job: dict) -> dict:
    """The whole layer drawn at 400 by 400, and what is told of a click."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setOutputSize(QSize(400, 400))
    settings.setExtent(layer.extent())
    drawing = QgsMapRendererSequentialJob(settings)
    drawing.start()
    drawing.waitForFinished()
    image = drawing.renderedImage()
    colours = {image.pixel(x, y) for x in range(0, 400, 3) for y in range(0, 400, 3)}
    errors = [error.message for error in drawing.errors()]
    return {"valid": layer.isValid(), "colours": len(colours), "errors": errors, "identified": identified(layer, job)}


def identified(layer: QgsRasterLayer, job: dict) -> dict[str, str]:
    """The answer in each way that QGIS asks it: as text, and as features."""
    if "identify" not in job:
        return {}
    x, y, *box = job["identify"]
    provider, place, view = layer.dataProvider(), QgsPointXY(x, y), QgsRectangle(*box)
    return {
        name: str(list(provider.identify(place, way, view, 400, 400).results().values()))
        for name, way in (("text", QgsRaster.IdentifyFormatText), ("html", QgsRaster.IdentifyFormatHtml))
    }


def opened(job: dict) -> dict:
    uri = job["uri"] + (job["authcfg"].format(login(job["key"])) if job.get("key") else "")
    if job["provider"] == "wms":
        return picture(QgsRasterLayer(uri, job["name"], "wms"), job)
    return vectors(QgsVectorLayer(uri, job["name"], job["provider"]), job)


results = {job["name"]: opened(job) for job in task["jobs"]}
sys.stdout.write(json.dumps({"version": Qgis.QGIS_VERSION, "results": results, "messages": messages}))
sys.stdout.flush()
# QGIS' own exit crashes when layers outlive it; what was asked is written.
os._exit(0)
