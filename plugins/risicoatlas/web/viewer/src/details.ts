// The panel about one object: its name, for a building why it has its label, and every field.

import type Feature from "ol/Feature.js";
import { button, element, type Child } from "./dom.ts";
import { code, locale, of, text, wordsFor, type TextName } from "./language.ts";
import { itemAddress, pageAddress, type Field, type LayerInfo } from "./service.ts";

export interface Hit {
  readonly layer: LayerInfo;
  readonly feature: Feature;
}

type Properties = Readonly<Record<string, unknown>>;

/** The registers keep Dutch time, wherever the reader is. */
const ZONE = "Europe/Amsterdam";
const LABEL = "categorie_kwetsbaarheid";
const EXPLAINED: readonly (readonly [TextName, string])[] = [
  ["article", "artikel"],
  ["rule", "regel"],
  ["ruleSet", "regelset"],
];

/** The name of an object for a list or a heading: its own, else its key. */
export function nameOf({ feature }: Hit): string {
  const { naam, bedrijfsnaam, id_pand_bag: pand, identificatie } = feature.getProperties() as Properties;
  const building = pand && text("building", { id: words(pand) });
  return [naam, bedrijfsnaam, building, identificatie, feature.getId()].map(words).find(Boolean) ?? "";
}

/** A second line for a list: the label of a building in words. */
export function noteOf({ feature }: Hit): string {
  const label = feature.get(LABEL) as unknown;
  return typeof label === "string" ? wordsFor(label) : "";
}

export function details(hit: Hit): HTMLElement {
  const { geometry: _, ...properties } = hit.feature.getProperties() as Record<string, unknown>;
  const explained = pageAddress(hit.layer, properties);
  return element(
    "article",
    { class: "details" },
    element("p", { class: "kind" }, hit.layer.title),
    element("h3", { tabindex: "-1" }, nameOf(hit)),
    LABEL in properties ? explanation(properties) : null,
    explained ? element("p", { class: "explained" }, element("a", { href: explained }, text("explained"))) : null,
    element("h4", {}, text("allFields")),
    fieldList(hit.layer.fields, properties),
    element("p", {}, element("a", { href: itemAddress(hit.layer, String(hit.feature.getId()), { f: "html", lang: code }) }, text("source"))),
  );
}

/** Why a building has its label: the reason, the article and the rule behind it, and what to take into account. */
function explanation(properties: Properties): HTMLElement {
  const label = words(properties[LABEL]);
  const why = words(code === "en" ? (properties.reden_en ?? properties.reden) : properties.reden);
  const warnings = words(properties.waarschuwingen);
  const facts = EXPLAINED.flatMap(([name, field]): Child[] => {
    const value = words(properties[field]);
    return value ? [element("dt", {}, text(name)), element("dd", {}, value)] : [];
  });
  return element(
    "section",
    { class: "explanation", "data-label": label, "aria-labelledby": "explanation" },
    element("p", { class: "verdict" }, wordsFor(label)),
    element("h4", { id: "explanation" }, text("why")),
    element("p", { class: "reason" }, why || text("noReason")),
    warnings ? element("p", { class: "warnings" }, element("strong", {}, `${text("warnings")}: `), warnings) : null,
    facts.length ? element("dl", { class: "facts" }, ...facts) : null,
  );
}

function fieldList(fields: readonly Field[], properties: Properties): HTMLElement {
  const described = new Set(fields.map((field) => field.name));
  const others = Object.keys(properties).filter((name) => !described.has(name));
  const rows = [
    ...fields.map((field) => [of(field.title), value(field.type, properties[field.name])] as const),
    ...others.map((name) => [name, words(properties[name])] as const),
  ];
  const filled = rows.filter(([, shown]) => shown !== "");
  return element("dl", { class: "facts" }, ...filled.flatMap(([title, shown]) => [element("dt", {}, title), element("dd", {}, shown)]));
}

function value(type: string, found: unknown): string {
  if (typeof found === "boolean") return text(found ? "yes" : "no");
  if (typeof found === "number") return found.toLocaleString(locale, { maximumFractionDigits: 3 });
  if (typeof found === "string" && (type === "date" || type === "datetime")) return moment(type, found);
  return words(found);
}

function moment(type: string, found: string): string {
  const parsed = new Date(found);
  if (Number.isNaN(parsed.getTime())) return found;
  const day = parsed.toLocaleDateString(locale, { day: "numeric", month: "long", year: "numeric", timeZone: type === "date" ? "UTC" : ZONE });
  const time = parsed.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", timeZone: ZONE });
  // a moment at midnight was a date in its register
  return type === "date" || time === "00:00" ? day : `${day}, ${time}`;
}

function words(found: unknown): string {
  if (found === null || found === undefined) return "";
  return typeof found === "object" ? JSON.stringify(found) : String(found);
}

/** The panel with everything that was found at one place; the first object is opened. */
export function hitPanel(hits: readonly Hit[], problems: readonly HTMLElement[], choose: (hit: Hit) => void, close: () => void): HTMLElement {
  const body = element("div", { class: "body" });
  const pick = (hit: Hit) => {
    body.replaceChildren(details(hit));
    for (const [index, option] of options.entries()) option.setAttribute("aria-pressed", String(hits[index] === hit));
    choose(hit);
  };
  const options = hits.map((hit) => button(nameOf(hit), () => pick(hit), { class: "hit", "data-kind": hit.layer.title }));
  const list = hits.length > 1 ? element("ul", { class: "hits", "aria-label": text("here") }, ...options.map((option) => element("li", {}, option))) : null;
  const head = element("div", { class: "head" }, element("h2", { id: "details-title", tabindex: "-1" }, text("details")), button("✕", close, { class: "close", "aria-label": text("close"), title: text("close") }));
  if (!hits.length && !problems.length) body.append(element("p", {}, text("zeroHere")));
  const [first] = hits;
  if (first) pick(first);
  return element("div", { class: "panel" }, head, ...problems, list, body);
}
