// The requests to the service. Every address is relative to the page, so nothing ever leaves its host.

import GeoJSON from "ol/format/GeoJSON.js";
import type Feature from "ol/Feature.js";
import { intersects, type Extent } from "ol/extent.js";
import { code, text, type Both } from "./language.ts";
import { CRS84_URI, LONLAT, RD, RD_AREA, RD_URI, toLonLat } from "./rd.ts";

const TIMEOUT_MS = 30_000;

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly title: Both;
}

/** One layer as the map knows it: from OGC API collections, with its fields and extent (EPSG:28992) from layers.json. */
export interface LayerInfo {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly inRd: boolean;
  readonly extent: Extent | null;
  readonly fields: readonly Field[];
  /** The path of a page about one object, from the root of the service, with fields between braces. */
  readonly page: string | null;
}

export interface Arrangement {
  readonly anonymous: boolean;
  readonly groups: readonly { readonly title: Both; readonly layers: readonly string[] }[];
  readonly ground: string | null;
  readonly shown: readonly string[];
  readonly layers: Readonly<Record<string, { readonly extent: Extent | null; readonly fields: readonly Field[]; readonly page: string | null }>>;
}

interface Collection {
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  readonly crs?: readonly string[];
}

interface FeatureCollection {
  readonly numberMatched?: number;
  readonly numberTested?: number;
  readonly features: readonly unknown[];
}

/** A page of objects: `matched` undefined where the service does not know how many there are. */
export interface Page {
  readonly features: readonly Feature[];
  readonly matched: number | undefined;
  readonly tested: number | undefined;
}

export class ServiceError extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
  }
}

/** Why a request failed, in words for the reader. */
export function reason(error: unknown): string {
  if (error instanceof ServiceError) return error.status === 401 ? text("loginEnded") : text("answered", { status: String(error.status) });
  if (error instanceof DOMException && error.name === "TimeoutError") return text("tooLate");
  return error instanceof SyntaxError ? text("notUnderstood") : text("noConnection");
}

export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

export function address(path: string, parameters: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(parameters).toString();
  return new URL(`../${path}${query ? `?${query}` : ""}`, document.baseURI).href;
}

export async function fetchJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, {
    headers: { Accept: "application/json, application/geo+json;q=0.9" },
    signal: signal ? AbortSignal.any([signal, late]) : late,
  });
  if (!response.ok) throw new ServiceError(response.status);
  return (await response.json()) as T;
}

export async function fetchLayers(): Promise<{ arrangement: Arrangement; layers: LayerInfo[] }> {
  const [arrangement, { collections }] = await Promise.all([
    fetchJson<Arrangement>(new URL("layers.json", document.baseURI).href),
    fetchJson<{ collections: Collection[] }>(address("ogc/v1/collections", { f: "json", lang: code })),
  ]);
  return { arrangement, layers: collections.map((collection) => layerInfo(collection, arrangement)) };
}

function layerInfo(collection: Collection, arrangement: Arrangement): LayerInfo {
  const known = arrangement.layers[collection.id];
  return {
    id: collection.id,
    title: collection.title ?? collection.id,
    description: collection.description ?? "",
    inRd: collection.crs?.includes(RD_URI) ?? false,
    extent: known?.extent ?? null,
    fields: known?.fields ?? [],
    page: known?.page ?? null,
  };
}

/**
 * Objects of a layer in a box of EPSG:28992. A layer that is not offered in it is asked in CRS84 and transformed here; a box
 * in which the grid has no meaning is sent in CRS84.
 */
export async function fetchObjects(
  layer: LayerInfo,
  box: Extent,
  options: { limit: number; skipGeometry?: boolean; signal?: AbortSignal },
): Promise<Page> {
  const boxInRd = layer.inRd && intersects(box, RD_AREA);
  const asked = boxInRd ? box : toLonLat(box);
  const url = address(`ogc/v1/collections/${encodeURIComponent(layer.id)}/items`, {
    f: "json",
    bbox: asked.map((value) => value.toFixed(boxInRd ? 3 : 8)).join(","),
    "bbox-crs": boxInRd ? RD_URI : CRS84_URI,
    crs: layer.inRd ? RD_URI : CRS84_URI,
    limit: String(options.limit),
    ...(options.skipGeometry ? { skipGeometry: "true" } : {}),
  });
  const found = await fetchJson<FeatureCollection>(url, options.signal);
  return {
    features: format(layer).readFeatures({ type: "FeatureCollection", features: found.features }),
    matched: found.numberMatched,
    tested: found.numberTested,
  };
}

export async function fetchObject(layer: LayerInfo, id: string, signal?: AbortSignal): Promise<Feature> {
  const found = await fetchJson<object>(itemAddress(layer, id, { f: "json", crs: layer.inRd ? RD_URI : CRS84_URI }), signal);
  const feature = format(layer).readFeature(found);
  if (Array.isArray(feature)) throw new SyntaxError("one feature expected");
  return feature;
}

export function itemAddress(layer: LayerInfo, id: string, parameters: Readonly<Record<string, string>>): string {
  return address(`ogc/v1/collections/${encodeURIComponent(layer.id)}/items/${encodeURIComponent(id)}`, parameters);
}

/** The page that explains an object; null where its layer has none. */
export function pageAddress(layer: LayerInfo, properties: Readonly<Record<string, unknown>>): string | null {
  if (!layer.page) return null;
  return address(layer.page.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(properties[name]))), { lang: code });
}

function format(layer: LayerInfo): GeoJSON<Feature> {
  return new GeoJSON({ dataProjection: layer.inRd ? RD : LONLAT, featureProjection: RD });
}
