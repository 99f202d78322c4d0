// The Dutch national grid (EPSG:28992) and its tiling scheme (NetherlandsRDNewQuad: 0 is the whole country in one tile).

import { register } from "ol/proj/proj4.js";
import { get, transformExtent } from "ol/proj.js";
import TileGrid from "ol/tilegrid/TileGrid.js";
import type { Coordinate } from "ol/coordinate.js";
import type { Extent } from "ol/extent.js";
import type Projection from "ol/proj/Projection.js";
import proj4 from "proj4";

export const RD = "EPSG:28992";
export const RD_URI = "http://www.opengis.net/def/crs/EPSG/0/28992";
export const CRS84_URI = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
// OpenLayers' EPSG:4326 data projection has longitude first in GeoJSON, as CRS84 has
export const LONLAT = "EPSG:4326";
export const GRID_EXTENT: Extent = [-285401.92, 22598.08, 595401.92, 903401.92];
/** Where the Netherlands and Flanders are: shown when no layer tells an extent. */
export const LOW_COUNTRIES: Extent = [0, 150000, 290000, 630000];

/** Well inside the area of use of the grid: the service refuses a box of the grid that lies wholly outside that area. */
export const RD_AREA: Extent = [13000, 308000, 276000, 611000];

const LEVELS = 15;
const RESOLUTIONS = Array.from({ length: LEVELS }, (_, level) => 3440.64 / 2 ** level);
/** The view goes two levels deeper than the tiles. */
export const VIEW_RESOLUTIONS = Array.from({ length: LEVELS + 2 }, (_, level) => 3440.64 / 2 ** level);

proj4.defs(
  RD,
  "+proj=sterea +lat_0=52.15616055555555 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 +ellps=bessel " +
    "+towgs84=565.4171,50.3319,465.5524,-0.398957388243134,0.343987817378283,-1.87740163998045,4.0725 +units=m +no_defs",
);
register(proj4);

export const projection: Projection = known(get(RD));
projection.setExtent(GRID_EXTENT);

export const tileGrid = new TileGrid({
  extent: GRID_EXTENT,
  origin: [GRID_EXTENT[0] as number, GRID_EXTENT[3] as number],
  resolutions: RESOLUTIONS,
  tileSize: 256,
});

export function toLonLat(extent: Extent): Extent {
  return transformExtent(extent, RD, LONLAT);
}

/** 160000.4, 510000.2 as "X 160.000  Y 510.000": whole metres. */
export function coordinates(coordinate: Coordinate | undefined, locale: string): string {
  const [x, y] = (coordinate ?? []).map((value) => Math.round(value).toLocaleString(locale));
  return x === undefined || y === undefined ? "" : `RD  X ${x}  Y ${y}`;
}

function known(found: Projection | null): Projection {
  if (!found) throw new Error(`${RD} is not defined`);
  return found;
}
