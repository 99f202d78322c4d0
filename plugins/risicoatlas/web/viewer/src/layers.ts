// The list of layers: a box to switch each one on, its legend, and whether its map image came.

import type { Extent } from "ol/extent.js";
import { button, element } from "./dom.ts";
import { of, text } from "./language.ts";
import { legend } from "./legend.ts";
import type { Tiles } from "./map.ts";
import type { Arrangement, LayerInfo } from "./service.ts";

export interface LayerList {
  readonly element: HTMLElement;
  /** The layers that are on, the one drawn on top first. */
  shown(): LayerInfo[];
  /** Switch exactly these on. */
  show(ids: readonly string[]): void;
}

interface Row {
  readonly layer: LayerInfo;
  readonly box: HTMLInputElement;
  readonly update: () => void;
}

export function layerList(
  layers: readonly LayerInfo[],
  arrangement: Arrangement,
  tiles: ReadonlyMap<string, Tiles>,
  zoomTo: (box: Extent) => void,
  changed: () => void,
): LayerList {
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const rows: Row[] = [];
  const groups = arrangement.groups.map((group) => {
    const found = group.layers.map((id) => byId.get(id)).filter((layer) => layer !== undefined);
    const made = found.map((layer) => layerRow(layer, tiles.get(layer.id), zoomTo, changed));
    rows.push(...made.map(({ row }) => row));
    return made.length ? element("fieldset", {}, element("legend", {}, of(group.title)), ...made.map(({ item }) => item)) : null;
  });
  if (!rows.length) groups.push(null);
  return {
    element: element("div", { class: "layers" }, ...groups, rows.length ? null : element("p", {}, text("noLayers"))),
    shown: () => rows.filter(({ box }) => box.checked).map(({ layer }) => layer),
    show: (ids) => {
      for (const row of rows) {
        row.box.checked = ids.includes(row.layer.id);
        row.update();
      }
    },
  };
}

function layerRow(
  layer: LayerInfo,
  tiles: Tiles | undefined,
  zoomTo: (box: Extent) => void,
  changed: () => void,
): { item: HTMLElement; row: Row } {
  const box = element("input", { type: "checkbox", id: `layer-${layer.id}` });
  const label = element("label", { for: box.id }, layer.title);
  const { extent } = layer;
  const to = text("zoomToLayer", { name: layer.title });
  const zoom = extent && button("⤢", () => zoomTo(extent), { class: "icon", "aria-label": to, title: to });
  const more = element("div", { class: "more" });
  const item = element("div", { class: "layer" }, element("div", { class: "row" }, box, label, zoom), more);
  const update = () => {
    tiles?.setVisible(box.checked);
    // the legend is asked for when the layer is first switched on
    if (box.checked && !more.hasChildNodes()) more.append(...opened(layer, tiles));
    more.hidden = !box.checked;
  };
  box.addEventListener("change", () => {
    update();
    changed();
  });
  return { item, row: { layer, box, update } };
}

function opened(layer: LayerInfo, tiles: Tiles | undefined): Node[] {
  const parts: Node[] = tiles ? [imageState(tiles)] : [];
  parts.push(legend(layer));
  if (layer.description) parts.push(element("details", {}, element("summary", {}, text("about")), element("p", {}, layer.description)));
  return parts;
}

/** A message for as long as tiles of this view are missing, with a button to ask for them again. */
function imageState(tiles: Tiles): HTMLElement {
  const source = tiles.getSource();
  const again = button(text("retry"), () => source?.refresh(), { class: "small" });
  const message = element("p", { class: "failed", role: "status" });
  let missing = 0;
  source?.on("tileloaderror", () => {
    missing += 1;
    if (missing === 1) message.replaceChildren(text("mapFailed"), " ", again);
  });
  source?.on("tileloadend", () => {
    missing = 0;
    message.replaceChildren();
  });
  return message;
}
