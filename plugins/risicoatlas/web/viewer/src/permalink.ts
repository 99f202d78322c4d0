// The address of what is on the screen, kept behind the `#`: `#z=9&x=160000&y=510000&layers=kgl_public&object=kgl_public/NL…`.

import type { Coordinate } from "ol/coordinate.js";

export interface ObjectKey {
  readonly layer: string;
  readonly id: string;
}

/** What an address may tell; what it does not tell is left as the map has it. */
export interface Place {
  readonly zoom?: number;
  readonly centre?: Coordinate;
  readonly layers?: readonly string[];
  readonly object?: ObjectKey;
}

export function read(hash: string): Place {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const [zoom, x, y] = ["z", "x", "y"].map((name) => number(values.get(name)));
  const layers = values.get("layers");
  const object = values.get("object")?.match(/^([^/]+)\/(.+)$/);
  return {
    ...(zoom !== undefined && x !== undefined && y !== undefined ? { zoom, centre: [x, y] } : {}),
    ...(layers === null ? {} : { layers: layers.split(",").filter(Boolean) }),
    ...(object ? { object: { layer: object[1] as string, id: object[2] as string } } : {}),
  };
}

export function write(place: Place): string {
  const values = new URLSearchParams();
  if (place.zoom !== undefined && place.centre) {
    values.set("z", String(Math.round(place.zoom * 100) / 100));
    place.centre.forEach((value, index) => values.set(index === 0 ? "x" : "y", String(Math.round(value))));
  }
  if (place.layers) values.set("layers", place.layers.join(","));
  if (place.object) values.set("object", `${place.object.layer}/${place.object.id}`);
  // commas and slashes are fine behind the #, and read better
  return `#${values.toString().replaceAll("%2C", ",").replaceAll("%2F", "/")}`;
}

function number(text: string | null): number | undefined {
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
