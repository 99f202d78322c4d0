// The list of objects in view: the way to an object without pointing at the map.

import type { Extent } from "ol/extent.js";
import { nameOf, noteOf, type Hit } from "./details.ts";
import { button, element } from "./dom.ts";
import { text } from "./language.ts";
import { fetchObjects, isAborted, reason, type LayerInfo, type Page } from "./service.ts";

const PAGE = 50;

export interface ObjectList {
  readonly element: HTMLDetailsElement;
  /** Ask again for this view, if the list is open. */
  refresh(): void;
}

export function objectList(shown: () => LayerInfo[], view: () => Extent, choose: (hit: Hit, from: HTMLElement) => void): ObjectList {
  const body = element("div", { class: "objects", "aria-live": "polite" });
  const list = element("details", { id: "objects" }, element("summary", {}, element("h2", {}, text("objects"))), element("p", { class: "hint" }, text("objectsHint")), body);
  let running: AbortController | undefined;
  const refresh = () => {
    running?.abort();
    if (!list.open) return;
    running = new AbortController();
    const { signal } = running;
    const layers = shown();
    body.replaceChildren(...layers.map((layer) => section(layer, view(), signal, choose)));
    if (!layers.length) body.append(element("p", {}, text("noneOn")));
  };
  list.addEventListener("toggle", refresh);
  return { element: list, refresh };
}

/** One layer of the list: being loaded, loaded (also with 0 objects) and not loaded look different. */
function section(layer: LayerInfo, box: Extent, signal: AbortSignal, choose: (hit: Hit, from: HTMLElement) => void): HTMLElement {
  const state = element("p", { class: "state" }, text("loading"));
  const made = element("section", { "data-layer": layer.id }, element("h3", {}, layer.title), state);
  const load = async () => {
    try {
      const page = await fetchObjects(layer, box, { limit: PAGE, skipGeometry: true, signal });
      state.textContent = countOf(page);
      made.append(element("ul", {}, ...page.features.map((feature) => option({ layer, feature }, choose))));
    } catch (error) {
      if (!isAborted(error)) state.replaceChildren(failure(error, load));
    }
  };
  void load();
  return made;
}

function option(hit: Hit, choose: (hit: Hit, from: HTMLElement) => void): HTMLElement {
  const made: HTMLButtonElement = button(nameOf(hit), () => choose(hit, made), { class: "hit" });
  const note = noteOf(hit);
  if (note) made.append(element("span", { class: "note" }, note));
  return element("li", {}, made);
}

export function countOf({ features, matched, tested }: Page): string {
  const shown = features.length;
  if (shown === 0) return tested === undefined ? text("zeroHere") : text("zeroTested", { tested });
  if (matched === undefined && shown >= PAGE) return text("atLeast", { shown });
  const count = matched ?? shown;
  if (count > shown) return text("firstOf", { count, shown });
  return count === 1 ? text("oneHere") : text("manyHere", { count });
}

export function failure(error: unknown, again: () => void, before = ""): HTMLElement {
  return element("span", { class: "failed", role: "alert" }, before, text("notLoaded", { reason: reason(error) }), " ", button(text("retry"), again, { class: "small" }));
}
