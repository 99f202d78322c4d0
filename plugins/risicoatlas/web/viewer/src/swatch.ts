// One class of a legend as a small SVG drawing, made of the symbols that the map is drawn with.

export interface Hatch {
  readonly shape: string;
  readonly color: string;
  readonly width: number;
  readonly size: number;
}

/** Sizes and widths in pixels, colours as #rrggbb; null where there is none. */
export interface SwatchSymbol {
  readonly kind: "polygon" | "line" | "point";
  readonly mark?: string;
  readonly size?: number;
  readonly fill?: string | null;
  readonly fill_opacity?: number;
  readonly hatch?: Hatch | null;
  readonly stroke: string | null;
  readonly stroke_width: number;
  readonly stroke_opacity: number;
  readonly dash: readonly number[];
}

type Attributes = Readonly<Record<string, string | number>>;

const NAMESPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [34, 22];
const AREA = "M3 3H31V19H3Z";
const LINE = "M2 16L12 6L20 16L32 6";
/** Marks of SLD around the origin, 2 units wide. */
const MARKS: Readonly<Record<string, string>> = {
  square: "M-1 -1H1V1H-1Z",
  circle: "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1 -1 0Z",
  triangle: "M0 -1L1 1H-1Z",
  diamond: "M0 -1L1 0L0 1L-1 0Z",
  star: "M0 -1L.24 -.31H.95L.38 .12L.59 .81L0 .4L-.59 .81L-.38 .12L-.95 -.31H-.24Z",
  cross: "M-.33 -1H.33V-.33H1V.33H.33V1H-.33V.33H-1V-.33H-.33Z",
  x: "M-1 -.6L-.6 -1L0 -.4L.6 -1L1 -.6L.4 0L1 .6L.6 1L0 .4L-.6 1L-1 .6L-.4 0Z",
};
/** One period of a hatch in a box of 1 by 1. */
const HATCHES: Readonly<Record<string, string>> = {
  horline: "M0 .5H1",
  vertline: "M.5 0V1",
  slash: "M0 1L1 0",
  backslash: "M0 0L1 1",
  plus: "M0 .5H1M.5 0V1",
  times: "M0 0L1 1M0 1L1 0",
  dot: "M.5 .5h.01",
};
let patterns = 0;

export function swatch(symbols: readonly SwatchSymbol[]): SVGSVGElement {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true" });
  drawing.append(...symbols.flatMap(shapes));
  return drawing;
}

function shapes(symbol: SwatchSymbol): SVGElement[] {
  if (symbol.kind === "line") return [svg("path", { d: LINE, fill: "none", ...stroke(symbol) })];
  if (symbol.kind === "point") return [mark(symbol)];
  const area = svg("path", { d: AREA, ...fill(symbol), ...stroke(symbol) });
  return symbol.hatch ? [...hatched(symbol.hatch), area] : [area];
}

function mark(symbol: SwatchSymbol): SVGElement {
  const half = Math.min(symbol.size ?? 8, HEIGHT - 4) / 2;
  // the width of the outline must not grow with the mark
  const place = `translate(${WIDTH / 2} ${HEIGHT / 2}) scale(${half})`;
  return svg("path", { d: MARKS[symbol.mark ?? ""] ?? "", transform: place, "vector-effect": "non-scaling-stroke", ...fill(symbol), ...stroke(symbol) });
}

function hatched(hatch: Hatch): SVGElement[] {
  const id = `hatch-${(patterns += 1)}`;
  const pattern = svg("pattern", { id, width: hatch.size, height: hatch.size, patternUnits: "userSpaceOnUse" });
  const line = { stroke: hatch.color, "stroke-width": hatch.width / hatch.size, "stroke-linecap": hatch.shape === "dot" ? "round" : "square" };
  pattern.append(svg("path", { d: HATCHES[hatch.shape] ?? "", transform: `scale(${hatch.size})`, fill: "none", ...line }));
  return [pattern, svg("path", { d: AREA, fill: `url(#${id})` })];
}

function fill(symbol: SwatchSymbol): Attributes {
  return symbol.fill ? { fill: symbol.fill, "fill-opacity": symbol.fill_opacity ?? 1 } : { fill: "none" };
}

function stroke(symbol: SwatchSymbol): Attributes {
  if (!symbol.stroke) return {};
  const line = { stroke: symbol.stroke, "stroke-width": symbol.stroke_width, "stroke-opacity": symbol.stroke_opacity };
  return symbol.dash.length ? { ...line, "stroke-dasharray": symbol.dash.join(" ") } : line;
}

function svg<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes): SVGElementTagNameMap[K] {
  const made = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}
