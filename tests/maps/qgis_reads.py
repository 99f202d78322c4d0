"""Run by QGIS' own Python: open a layer through WMS, WMTS and XYZ, and tell colours, identify results and the log.

Usage: python3 qgis_reads.py URL MINX MINY MAXX MAXY X Y
"""

import json
import sys

from qgis.core import QgsApplication, QgsPointXY, QgsRaster, QgsRasterLayer, QgsRectangle

url, *numbers = sys.argv[1:]
min_x, min_y, max_x, max_y, x, y = map(float, numbers)
box, place = QgsRectangle(min_x, min_y, max_x, max_y), QgsPointXY(x, y)
xyz = f"{url}/tiles/kgl_public/WebMercatorQuad/{{z}}/{{x}}/{{y}}.png".replace("{", "%7B").replace("}", "%7D")
PIXEL_M = 0.5
SOURCES = {
    "wms": f"crs=EPSG:28992&format=image/png&layers=kgl_public&styles=&dpiMode=7&url={url}/wms",
    "wmts": "crs=EPSG:28992&format=image/png&layers=kgl_public&styles=default&tileMatrixSet=EPSG:28992"
    f"&url={url}/wmts/1.0.0/WMTSCapabilities.xml",
    "xyz": f"type=xyz&zmax=20&zmin=0&url={xyz}",
}

QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
log = []
QgsApplication.messageLog().messageReceived.connect(
    lambda text, tag, level: log.append(f"{tag}: {text}") if level else None
)


def colour(provider):
    """The colour at the place, from a picture of the box; its pixels are square, as QGIS takes them for tiles."""
    block = provider.block(1, box, round((max_x - min_x) / PIXEL_M), round((max_y - min_y) / PIXEL_M))
    row, column = int((max_y - y) / PIXEL_M), int((x - min_x) / PIXEL_M)
    value = block.color(row, column)
    return [(value >> shift) & 255 for shift in (16, 8, 0)]


answer = {}
for name, source in SOURCES.items():
    layer = QgsRasterLayer(source, name, "wms")
    answer[name] = {"valid": layer.isValid(), "crs": layer.crs().authid()}
    if name != "xyz" and layer.isValid():
        answer[name]["colour"] = colour(layer.dataProvider())
wms = QgsRasterLayer(SOURCES["wms"], "wms", "wms")
answer["identify"] = str(wms.dataProvider().identify(place, QgsRaster.IdentifyFormatText, box, 200, 200).results())
answer["log"] = log
sys.stdout.write(json.dumps(answer) + "\n")
application.exitQgis()
