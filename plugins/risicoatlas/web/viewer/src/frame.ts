// The frame of the page: header, side panel, map and details, empty; everything else is put into it.

import { button, element } from "./dom.ts";
import { code, keep, other, text } from "./language.ts";

export interface Frame {
  readonly side: HTMLElement;
  readonly map: HTMLElement;
  readonly details: HTMLElement;
  readonly account: HTMLAnchorElement;
  /** A message over the map, read out by screen readers; without one it goes away. */
  tell(...message: readonly (Node | string)[]): void;
}

export function createFrame(): Frame {
  document.documentElement.lang = code;
  document.title = `${text("title")} – RisicoAtlas`;
  const side = element("aside", { class: "side", id: "side", "aria-label": text("panel") });
  const map = element("div", { class: "map", id: "map", tabindex: "0", role: "application", "aria-label": text("map"), "aria-describedby": "map-help" });
  const details = element("aside", { class: "details-side", "aria-labelledby": "details-title", hidden: "" });
  const account = element("a", { href: `../auth/login${keep}` }, text("logIn"));
  const message = element("div", { class: "message", role: "status" });
  const help = element("p", { class: "map-help", id: "map-help" }, text("mapHelp"));
  const main = element("main", { id: "content" }, element("h1", { class: "sr-only" }, text("title")), map, help, message);
  document.body.append(
    element("a", { class: "skip", href: "#map" }, text("skip")),
    header(account, side),
    element("div", { class: "workspace" }, side, main, details),
  );
  // the # of the address belongs to the permalink, so the skip link must not change it
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    map.focus();
  });
  return { side, map, details, account, tell: (...parts) => message.replaceChildren(...parts) };
}

function header(account: HTMLAnchorElement, side: HTMLElement): HTMLElement {
  const brand = element("a", { class: "brand", href: `../${keep}` }, element("img", { src: "../static/icon.svg", alt: "", width: "28", height: "28" }), "RisicoAtlas");
  const language = element("a", { href: `?lang=${other}`, lang: other, hreflang: other }, text("otherLanguage"));
  language.addEventListener("click", () => {
    language.href = `?lang=${other}${location.hash}`;
  });
  const items = [element("a", { href: `../${keep}` }, text("home")), element("a", { href: "", "aria-current": "page" }, text("title")), element("a", { href: `../kgl/regels/${keep}` }, text("rules")), account, language];
  const toggle = button(text("layers"), () => {
    const open = side.classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
  }, { class: "toggle", "aria-expanded": "false", "aria-controls": "side" });
  return element(
    "header",
    { class: "site" },
    brand,
    toggle,
    element("nav", { "aria-label": text("navigation") }, element("ul", {}, ...items.map((item) => element("li", {}, item)))),
  );
}
