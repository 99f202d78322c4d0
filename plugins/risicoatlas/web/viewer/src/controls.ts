// What lies over the map: zoom, pan (dragging must not be the only way), all data, scale line, coordinates.

import type { Control } from "ol/control.js";
import ControlBase from "ol/control/Control.js";
import ScaleLine from "ol/control/ScaleLine.js";
import Zoom from "ol/control/Zoom.js";
import type { Coordinate } from "ol/coordinate.js";
import type OlMap from "ol/Map.js";
import { button, element } from "./dom.ts";
import { locale, text, type TextName } from "./language.ts";
import { coordinates } from "./rd.ts";

const PAN_PIXELS = 160;
const DIRECTIONS: readonly (readonly [TextName, string, number, number])[] = [
  ["panNorth", "↑", 0, 1],
  ["panWest", "←", -1, 0],
  ["panEast", "→", 1, 0],
  ["panSouth", "↓", 0, -1],
];

export function controls(showAll: () => void): Control[] {
  const all = element("div", { class: "ol-control all-data" }, button("⤢", showAll, { "aria-label": text("zoomToAll"), title: text("zoomToAll") }));
  return [
    new Zoom({ zoomInTipLabel: text("zoomIn"), zoomOutTipLabel: text("zoomOut"), duration: duration() }),
    new ControlBase({ element: all }),
    new Pan(),
    new ScaleLine({ minWidth: 80 }),
    new Place(),
  ];
}

class Pan extends ControlBase {
  constructor() {
    const pad = element("div", { class: "ol-control pan" });
    super({ element: pad });
    for (const [label, sign, east, north] of DIRECTIONS) {
      pad.append(button(sign, () => move(this.getMap(), east, north), { "aria-label": text(label), title: text(label), class: label }));
    }
  }
}

/** Where the pointer is, else what lies in the middle: so a keyboard user reads coordinates, too. */
class Place extends ControlBase {
  private readonly text: HTMLElement;

  constructor() {
    const text = element("div", { class: "coordinates" });
    super({ element: text });
    this.text = text;
  }

  override setMap(map: OlMap | null): void {
    super.setMap(map);
    map?.on("pointermove", ({ coordinate }) => this.tell(coordinate));
    map?.on("moveend", () => this.tell(map.getView().getCenter()));
  }

  private tell(place: Coordinate | undefined): void {
    this.text.textContent = coordinates(place, locale);
  }
}

function move(map: OlMap | null, east: number, north: number): void {
  const view = map?.getView();
  const [x, y] = view?.getCenter() ?? [];
  const step = (view?.getResolution() ?? 0) * PAN_PIXELS;
  if (view && x !== undefined && y !== undefined) view.animate({ center: [x + east * step, y + north * step], duration: duration() });
}

function duration(): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200;
}
