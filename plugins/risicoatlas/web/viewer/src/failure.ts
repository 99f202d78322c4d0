// What a reader sees where a request failed: the reason, and a button to try again.

import { button, element } from "./dom.ts";
import { text } from "./language.ts";
import { reason } from "./service.ts";

export function failure(error: unknown, again: () => void, before = ""): HTMLElement {
  return element("span", { class: "failed", role: "alert" }, before, text("notLoaded", { reason: reason(error) }), " ", button(text("retry"), again, { class: "small" }));
}
