// The legend of one layer: a row per class, drawn from the service's model of the style.

import { element } from "./dom.ts";
import { failure } from "./failure.ts";
import { of, text, type Both } from "./language.ts";
import { address, fetchJson, type LayerInfo } from "./service.ts";
import { swatch, type SwatchSymbol } from "./swatch.ts";

interface Legend {
  /** The scale denominator above which nothing is drawn, null where something always is. */
  readonly drawn_from: number | null;
  readonly rules: readonly { readonly title: Both; readonly symbols: readonly SwatchSymbol[] }[];
}

export function legend(layer: LayerInfo): HTMLElement {
  const box = element("div", { class: "legend" }, text("loading"));
  const url = address("wms", { service: "WMS", version: "1.3.0", request: "GetLegendGraphic", layer: layer.id, format: "application/json" });
  const load = async () => {
    try {
      box.replaceChildren(...rows(layer, await fetchJson<Legend>(url)));
    } catch (error) {
      box.replaceChildren(failure(error, load, `${text("legendOf", { name: layer.title })}: `));
    }
  };
  void load();
  return box;
}

function rows(layer: LayerInfo, { drawn_from: scale, rules }: Legend): HTMLElement[] {
  const list = element(
    "ul",
    { "aria-label": text("legendOf", { name: layer.title }) },
    ...rules.map((rule) => element("li", {}, swatch(rule.symbols), of(rule.title))),
  );
  return scale === null ? [list] : [list, element("p", { class: "hint" }, text("drawnFrom", { scale: Math.round(scale) }))];
}
