"""Run by Debian's Python, which has QGIS: opens layers as QGIS' own data providers do and says what it saw.

In: JSON on standard input, ``{"folder": for profile and authentication database, "jobs": [{"name", "provider", "uri",
"key": for a stored Basic login or null}]}``. Out: JSON, by job ``valid, count, crs, extent, fields`` or for a picture
``valid, colours``, and every message of QGIS' log.
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
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsRasterLayer,
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


def vectors(layer: QgsVectorLayer) -> dict:
    """Every object is read: a count that the server told may be wrong."""
    count = sum(1 for _ in layer.getFeatures())
    box = layer.extent()
    return {
        "valid": layer.isValid(),
        "count": count,
        "told": layer.featureCount(),
        "crs": layer.crs().authid(),
        "extent": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()],
        "fields": {field.name(): field.typeName() for field in layer.fields()},
    }


def picture(layer: QgsRasterLayer) -> dict:
    """The whole layer drawn at 400 by 400."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setOutputSize(QSize(400, 400))
    settings.setExtent(layer.extent())
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    colours = {image.pixel(x, y) for x in range(0, 400, 3) for y in range(0, 400, 3)}
    errors = [error.message for error in job.errors()]
    return {"valid": layer.isValid(), "colours": len(colours), "errors": errors}


def opened(job: dict) -> dict:
    uri = job["uri"] + (job["authcfg"].format(login(job["key"])) if job.get("key") else "")
    if job["provider"] == "wms":
        return picture(QgsRasterLayer(uri, job["name"], "wms"))
    return vectors(QgsVectorLayer(uri, job["name"], job["provider"]))


results = {job["name"]: opened(job) for job in task["jobs"]}
sys.stdout.write(json.dumps({"version": Qgis.QGIS_VERSION, "results": results, "messages": messages}))
sys.stdout.flush()
# QGIS' own exit crashes when layers outlive it; what was asked is written.
os._exit(0)
