// The two languages of the map: `?lang=`, else the browser's first choice of the two, else Dutch.

export interface Both {
  readonly nl: string;
  readonly en: string;
}

export type Code = keyof Both;

const TEXTS = {
  title: { nl: "Kaart", en: "Map" },
  skip: { nl: "Naar de kaart", en: "Skip to the map" },
  navigation: { nl: "Hoofdmenu", en: "Main menu" },
  home: { nl: "Overzicht", en: "Overview" },
  rules: { nl: "Regels", en: "Rules" },
  logIn: { nl: "Inloggen", en: "Log in" },
  account: { nl: "Mijn login", en: "My login" },
  otherLanguage: { nl: "English", en: "Nederlands" },
  panel: { nl: "Lagen en objecten", en: "Layers and objects" },
  layers: { nl: "Lagen", en: "Layers" },
  about: { nl: "Over deze laag", en: "About this layer" },
  zoomToLayer: { nl: "Zoom naar {name}", en: "Zoom to {name}" },
  loading: { nl: "Laden…", en: "Loading…" },
  retry: { nl: "Opnieuw", en: "Try again" },
  mapFailed: { nl: "Kaartbeeld niet helemaal geladen", en: "Map image not fully loaded" },
  drawnFrom: { nl: "Getekend vanaf schaal 1:{scale}", en: "Drawn from scale 1:{scale}" },
  legendOf: { nl: "Legenda van {name}", en: "Legend of {name}" },
  startFailed: { nl: "De lagen zijn niet geladen: {reason}", en: "The layers were not loaded: {reason}" },
  noLayers: { nl: "Er zijn geen lagen gepubliceerd.", en: "No layers are published." },
  objects: { nl: "Objecten in beeld", en: "Objects in view" },
  objectsHint: {
    nl: "Lijst van wat de aangezette lagen in dit kaartbeeld tonen.",
    en: "List of what the layers that are on show in this view.",
  },
  noneOn: { nl: "Er staat geen laag aan.", en: "No layer is on." },
  zeroHere: { nl: "0 objecten hier", en: "0 objects here" },
  zeroTested: { nl: "0 objecten hier, {tested} doorzocht", en: "0 objects here, {tested} searched" },
  oneHere: { nl: "1 object", en: "1 object" },
  manyHere: { nl: "{count} objecten", en: "{count} objects" },
  firstOf: { nl: "{count} objecten, de eerste {shown} staan hier", en: "{count} objects, the first {shown} are listed" },
  atLeast: { nl: "Meer dan {shown} objecten, de eerste {shown} staan hier", en: "More than {shown} objects, the first {shown} are listed" },
  notLoaded: { nl: "Niet geladen: {reason}", en: "Not loaded: {reason}" },
  noConnection: { nl: "geen verbinding met de dienst", en: "no connection to the service" },
  tooLate: { nl: "de dienst antwoordde niet op tijd", en: "the service did not answer in time" },
  answered: { nl: "de dienst gaf foutcode {status}", en: "the service answered with error {status}" },
  loginEnded: { nl: "uw login is verlopen, log opnieuw in", en: "your login has ended, log in again" },
  notUnderstood: { nl: "het antwoord van de dienst is onleesbaar", en: "the answer of the service cannot be read" },
  map: { nl: "Kaart", en: "Map" },
  mapHelp: {
    nl: "Pijltjestoetsen verschuiven de kaart, plus en min zoomen, Enter vraagt op wat er in het midden ligt.",
    en: "Arrow keys move the map, plus and minus zoom, Enter asks what lies in the middle.",
  },
  zoomIn: { nl: "Zoom in", en: "Zoom in" },
  zoomOut: { nl: "Zoom uit", en: "Zoom out" },
  zoomToAll: { nl: "Toon alle gegevens", en: "Show all data" },
  panNorth: { nl: "Schuif naar het noorden", en: "Move north" },
  panWest: { nl: "Schuif naar het westen", en: "Move west" },
  panEast: { nl: "Schuif naar het oosten", en: "Move east" },
  panSouth: { nl: "Schuif naar het zuiden", en: "Move south" },
  details: { nl: "Gegevens", en: "Details" },
  here: { nl: "Op deze plek", en: "At this place" },
  close: { nl: "Sluiten", en: "Close" },
  why: { nl: "Waarom dit label?", en: "Why this label?" },
  article: { nl: "Artikel", en: "Article" },
  rule: { nl: "Regel", en: "Rule" },
  ruleSet: { nl: "Regelset", en: "Rule set" },
  warnings: { nl: "Let op", en: "Please note" },
  noReason: { nl: "Bij dit label is geen reden vastgelegd.", en: "No reason was recorded for this label." },
  allFields: { nl: "Alle gegevens", en: "All fields" },
  explained: { nl: "Lees de hele uitleg", en: "Read the full explanation" },
  source: { nl: "Bekijk als OGC API-object", en: "See as an OGC API feature" },
  yes: { nl: "ja", en: "yes" },
  no: { nl: "nee", en: "no" },
  building: { nl: "Pand {id}", en: "Building {id}" },
  zeerKwetsbaar: { nl: "Zeer kwetsbaar gebouw", en: "Very vulnerable building" },
  kwetsbaar: { nl: "Kwetsbaar gebouw", en: "Vulnerable building" },
  beperktKwetsbaar: { nl: "Beperkt kwetsbaar gebouw", en: "Building of limited vulnerability" },
  niet_bepaald: { nl: "Kwetsbaarheid niet bepaald", en: "Vulnerability not determined" },
} as const satisfies Record<string, Both>;

export type TextName = keyof typeof TEXTS;

const asked = new URLSearchParams(location.search).get("lang");
const preferred = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === "nl" || tag === "en");

export const code: Code = asked === "en" || asked === "nl" ? asked : preferred === "en" ? "en" : "nl";
export const other: Code = code === "nl" ? "en" : "nl";
export const locale = code === "nl" ? "nl-NL" : "en-GB";
/** Added to links, so that a choice of language made in the address is kept. */
export const keep = asked === code ? `?lang=${code}` : "";

export function text(name: TextName, values: Readonly<Record<string, string | number>> = {}): string {
  return TEXTS[name][code].replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = values[key] ?? "";
    return typeof value === "number" ? value.toLocaleString(locale) : value;
  });
}

export function of(both: Both): string {
  return both[code];
}

/** The words for a code of the law that the map names itself, else the code. */
export function wordsFor(value: string): string {
  return value in TEXTS ? text(value as TextName) : value;
}
