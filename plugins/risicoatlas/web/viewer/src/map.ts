// The map: one tile layer per collection, in the order of the arrangement, and the highlighted object on top.

import OlMap from "ol/Map.js";
import View from "ol/View.js";
import TileLayer from "ol/layer/Tile.js";
import VectorLayer from "ol/layer/Vector.js";
import VectorSource from "ol/source/Vector.js";
import XYZ from "ol/source/XYZ.js";
import { buffer, containsCoordinate, createEmpty, extend, getCenter, isEmpty, type Extent } from "ol/extent.js";
import type { Coordinate } from "ol/coordinate.js";
import type Feature from "ol/Feature.js";
import { Circle, Fill, Stroke, Style } from "ol/style.js";
import { controls } from "./controls.ts";
import { address, type Arrangement, type LayerInfo } from "./service.ts";
import { GRID_EXTENT, LOW_COUNTRIES, VIEW_RESOLUTIONS, projection, tileGrid } from "./rd.ts";

export type Tiles = TileLayer<XYZ>;

const HIGHLIGHT = [
  new Style({ stroke: new Stroke({ color: "#ffffff", width: 7 }) }),
  new Style({
    stroke: new Stroke({ color: "#0b4f62", width: 3.5 }),
    image: new Circle({ radius: 13, stroke: new Stroke({ color: "#0b4f62", width: 3.5 }), fill: new Fill({ color: "rgba(255, 255, 255, 0.5)" }) }),
  }),
];

/** How near to the edge of the map a chosen place may lie. */
const EDGE_PIXELS = 24;

export interface RiskMap {
  readonly map: OlMap;
  readonly tiles: ReadonlyMap<string, Tiles>;
  /** Draw these objects as chosen, instead of those before; none takes the highlight away. */
  highlight(features: readonly Feature[]): void;
  /** What is in view, EPSG:28992. */
  box(): Extent;
  /** Bring a box of EPSG:28992 into view. */
  show(box: Extent): void;
  /** Move the map if a place has come to lie outside it. */
  keepInView(place: Coordinate): void;
}

export function createMap(target: HTMLElement, layers: readonly LayerInfo[], arrangement: Arrangement): RiskMap {
  const chosen = new VectorSource();
  const order = drawingOrder(arrangement);
  const tiles = new Map(layers.map((layer) => [layer.id, tileLayer(layer, order.indexOf(layer.id))]));
  const home = dataExtent(arrangement);
  const view = new View({
    projection,
    center: getCenter(home),
    resolutions: [...VIEW_RESOLUTIONS],
    constrainResolution: true,
    extent: GRID_EXTENT,
    showFullExtent: true,
  });
  const map = new OlMap({
    target,
    layers: [...tiles.values(), new VectorLayer({ source: chosen, style: HIGHLIGHT, zIndex: order.length + 1 })],
    view,
    controls: controls(() => show(home)),
  });
  const box = () => {
    // a panel that was just opened or closed has changed the size
    map.updateSize();
    return view.calculateExtent(map.getSize());
  };
  const show = (wanted: Extent) => view.fit(wanted, { padding: [16, 16, 16, 16], maxZoom: 13 });
  show(home);
  return {
    map,
    tiles,
    box,
    show,
    keepInView: (place) => {
      const inner = buffer(box(), -EDGE_PIXELS * (view.getResolution() ?? 0));
      if (!containsCoordinate(inner, place)) view.setCenter(place);
    },
    highlight: (features) => {
      chosen.clear();
      chosen.addFeatures([...features]);
    },
  };
}

/** All layer names from the bottom up: the ground first, then the last group's last layer, up to the first group's first. */
function drawingOrder(arrangement: Arrangement): string[] {
  const upwards = arrangement.groups.flatMap((group) => group.layers).reverse();
  return arrangement.ground ? [arrangement.ground, ...upwards.filter((id) => id !== arrangement.ground)] : upwards;
}

function tileLayer(layer: LayerInfo, zIndex: number): Tiles {
  // {z} {x} {y} are OpenLayers' own; the colon of the grid's name may stand in a path
  const url = `${address(`tiles/${encodeURIComponent(layer.id)}`)}/EPSG:28992/{z}/{x}/{y}.png`;
  return new TileLayer({ source: new XYZ({ url, projection, tileGrid, transition: 0 }), visible: false, zIndex });
}

/** Where there is something to see: what is on at the start but the ground, which may be the whole country. */
function dataExtent({ ground, shown, layers }: Arrangement): Extent {
  const all = createEmpty();
  for (const id of shown) {
    const extent = id === ground ? null : layers[id]?.extent;
    if (extent) extend(all, extent);
  }
  if (!isEmpty(all)) return all;
  return (ground ? layers[ground]?.extent : null) ?? LOW_COUNTRIES;
}
