// What happens between the parts: a click asks for objects, an object opens its details, and the address follows the view.

import type { Coordinate } from "ol/coordinate.js";
import { containsExtent, getHeight, getWidth, type Extent } from "ol/extent.js";
import type MapBrowserEvent from "ol/MapBrowserEvent.js";
import { hitPanel, type Hit } from "./details.ts";
import { element } from "./dom.ts";
import { failure } from "./failure.ts";
import type { Frame } from "./frame.ts";
import { text } from "./language.ts";
import { layerList, type LayerList } from "./layers.ts";
import { createMap, type RiskMap } from "./map.ts";
import { objectList, type ObjectList } from "./objects.ts";
import { read, write, type ObjectKey } from "./permalink.ts";
import { tabs } from "./tabs.ts";
import { fetchObject, fetchObjects, isAborted, type Arrangement, type LayerInfo } from "./service.ts";

const HIT_PIXELS = 6;
const HITS_PER_LAYER = 20;
const SPECK_PIXELS = 12;

export class Viewer {
  private readonly chart: RiskMap;
  private readonly list: LayerList;
  private readonly objects: ObjectList;
  private chosen: ObjectKey | undefined;
  private asking: AbortController | undefined;
  constructor(
    private readonly frame: Frame,
    private readonly layers: readonly LayerInfo[],
    arrangement: Arrangement,
  ) {
    this.chart = createMap(frame.map, layers, arrangement);
    this.list = layerList(layers, arrangement, this.chart.tiles, this.chart.show, () => this.moved());
    this.objects = objectList(this.list.shown, this.chart.box, (hit) => void this.open(hit.layer, String(hit.feature.getId())));
    frame.side.replaceChildren(
      ...tabs(text("panel"), [
        { id: "layers", title: text("layers"), content: this.list.element },
        { id: "objects", title: text("objects"), content: this.objects.element, opened: this.objects.refresh },
      ]),
    );
    this.follow(arrangement.shown);
    this.listen();
  }

  private listen(): void {
    const { map } = this.chart;
    map.on("moveend", () => this.moved());
    map.on("singleclick", (event: MapBrowserEvent) => void this.identify(event.coordinate));
    this.frame.map.addEventListener("keydown", (event) => {
      const centre = map.getView().getCenter();
      if (event.key === "Enter" && event.target === this.frame.map && centre) void this.identify(centre);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.frame.details.hidden) this.close();
    });
    addEventListener("hashchange", () => this.follow());
  }

  /** Do what the address says; `shown` is what is on where it names no layers. */
  private follow(shown?: readonly string[]): void {
    const place = read(location.hash);
    const view = this.chart.map.getView();
    if (place.centre) {
      view.setCenter([...place.centre]);
      view.setZoom(place.zoom ?? 0);
    }
    const on = place.layers ?? shown;
    if (on) this.list.show(on);
    const layer = this.layers.find(({ id }) => id === place.object?.layer);
    if (layer && place.object && !this.isChosen(place.object)) void this.open(layer, place.object.id, !place.centre);
  }

  private moved(): void {
    this.remember();
    this.objects.refresh();
  }

  private remember(): void {
    const view = this.chart.map.getView();
    const [zoom, centre] = [view.getZoom(), view.getCenter()];
    const hash = write({
      ...(zoom !== undefined && centre ? { zoom, centre } : {}),
      layers: this.list.shown().map(({ id }) => id),
      ...(this.chosen ? { object: this.chosen } : {}),
    });
    history.replaceState(null, "", hash);
  }

  /** Everything of the layers that are on, within a few pixels of a place. */
  private async identify(place: Coordinate): Promise<void> {
    const signal = this.anew();
    const [x, y] = place as [number, number];
    const reach = (this.chart.map.getView().getResolution() ?? 0) * HIT_PIXELS;
    const box = [x - reach, y - reach, x + reach, y + reach];
    this.frame.tell(text("loading"));
    const problems: HTMLElement[] = [];
    const found = await Promise.all(
      this.list.shown().map(async (layer): Promise<Hit[]> => {
        try {
          const page = await fetchObjects(layer, box, { limit: HITS_PER_LAYER, signal });
          return page.features.filter((feature) => feature.getGeometry()?.intersectsExtent(box)).map((feature) => ({ layer, feature }));
        } catch (error) {
          if (!isAborted(error)) problems.push(element("p", {}, failure(error, () => void this.identify(place), `${layer.title}: `)));
          return [];
        }
      }),
    );
    if (signal.aborted) return;
    this.frame.tell();
    this.present(found.flat(), problems);
    this.chart.keepInView(place);
  }

  /** Open one object by its key, and bring it into view where it is not. */
  private async open(layer: LayerInfo, id: string, zoom = false): Promise<void> {
    const signal = this.anew();
    try {
      const feature = await fetchObject(layer, id, signal);
      this.present([{ layer, feature }], []);
      const extent = feature.getGeometry()?.getExtent();
      if (extent && (zoom || this.isHardToSee(extent))) this.chart.show(extent);
    } catch (error) {
      if (isAborted(error)) return;
      const problem = failure(error, () => void this.open(layer, id, zoom), `${layer.title}: `);
      this.present([], [element("p", {}, problem)]);
    }
  }

  /** Outside the view, or an area that is only a speck at this scale. */
  private isHardToSee(extent: Extent): boolean {
    const size = Math.max(getWidth(extent), getHeight(extent));
    const speck = size > 0 && size < SPECK_PIXELS * (this.chart.map.getView().getResolution() ?? 0);
    return speck || !containsExtent(this.chart.box(), extent);
  }

  private anew(): AbortSignal {
    this.asking?.abort();
    this.asking = new AbortController();
    return this.asking.signal;
  }

  private present(hits: readonly Hit[], problems: readonly HTMLElement[]): void {
    this.choose(undefined);
    const panel = hitPanel(hits, problems, (hit) => this.choose(hit), () => this.close());
    this.frame.details.replaceChildren(panel);
    this.frame.details.hidden = false;
    panel.querySelector("h2")?.focus();
  }

  private choose(hit: Hit | undefined): void {
    this.chart.highlight(hit ? [hit.feature] : []);
    this.chosen = hit && { layer: hit.layer.id, id: String(hit.feature.getId()) };
    this.remember();
  }

  private close(): void {
    // the list may have been made anew since: its entry is found by the object
    const entry = this.chosen && this.objects.entry(this.chosen.id);
    this.frame.details.hidden = true;
    this.choose(undefined);
    (entry && !entry.closest("[hidden]") ? entry : this.frame.map).focus();
  }

  private isChosen(key: ObjectKey): boolean {
    return this.chosen?.layer === key.layer && this.chosen.id === key.id;
  }
}
