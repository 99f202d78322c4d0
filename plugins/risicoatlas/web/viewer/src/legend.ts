// The legend of one layer, as the picture that WMS makes of it.

import { element } from "./dom.ts";
import { code, text } from "./language.ts";
import { address, type LayerInfo } from "./service.ts";

export function legend(layer: LayerInfo): HTMLElement {
  const picture = element("img", { alt: text("legendOf", { name: layer.title }), src: legendAddress(layer, "image/png") });
  return element("div", { class: "legend" }, picture);
}

function legendAddress(layer: LayerInfo, format: string): string {
  return address("wms", { service: "WMS", version: "1.3.0", request: "GetLegendGraphic", layer: layer.id, format, language: code });
}
