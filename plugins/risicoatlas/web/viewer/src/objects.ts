// The list of objects in view: the way to an object without pointing at the map.

import type { Extent } from "ol/extent.js";
import { nameOf, noteOf, type Hit } from "./details.ts";
import { button, element } from "./dom.ts";
import { failure } from "./failure.ts";
import { text } from "./language.ts";
import { fetchObjects, isAborted, type LayerInfo, type Page } from "./service.ts";

const PAGE = 50;

export interface ObjectList {
  readonly element: HTMLElement;
  /** Ask again for this view, if the list is open. */
  refresh(): void;
  /** The entry of an object, if it is listed. */
  entry(id: string): HTMLElement | undefined;
}

export function objectList(shown: () => LayerInfo[], view: () => Extent, choose: (hit: Hit) => void): ObjectList {
  const body = element("div", { class: "objects" });
  const list = element("div", {}, element("p", { class: "hint" }, text("objectsHint")), body);
  let running: AbortController | undefined;
  const refresh = () => {
    const active = document.activeElement;
    if (active instanceof HTMLElement && body.contains(active)) focused = active.dataset.object;
    running?.abort();
    if (list.closest("[hidden]")) return;
    running = new AbortController();
    const { signal } = running;
    const layers = shown();
    body.replaceChildren(...layers.map((layer) => section(layer, view(), signal, choose, keepFocus)));
    if (!layers.length) body.append(element("p", {}, text("noneOn")));
  };
  // a list that is made anew must not lose the reader's place in it
  let focused: string | undefined;
  const keepFocus = () => {
    const back = focused && document.activeElement === document.body ? entry(focused) : undefined;
    back?.focus();
    if (back || document.activeElement !== document.body) focused = undefined;
  };
  const entry = (id: string) => [...body.querySelectorAll<HTMLElement>("[data-object]")].find(({ dataset }) => dataset.object === id);
  return { element: list, refresh, entry };
}

/** One layer of the list: being loaded, loaded (also with 0 objects) and not loaded look different. */
function section(layer: LayerInfo, box: Extent, signal: AbortSignal, choose: (hit: Hit) => void, listed: () => void): HTMLElement {
  const state = element("p", { class: "state", role: "status" }, text("loading"));
  const made = element("section", { "data-layer": layer.id }, element("h3", {}, layer.title), state);
  const load = async () => {
    try {
      const page = await fetchObjects(layer, box, { limit: PAGE, skipGeometry: true, signal });
      state.textContent = countOf(page);
      made.append(element("ul", {}, ...page.features.map((feature) => option({ layer, feature }, choose))));
      listed();
    } catch (error) {
      if (!isAborted(error)) state.replaceChildren(failure(error, load));
    }
  };
  void load();
  return made;
}

function option(hit: Hit, choose: (hit: Hit) => void): HTMLElement {
  const made = button(nameOf(hit), () => choose(hit), { class: "hit", "data-object": String(hit.feature.getId()) });
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
