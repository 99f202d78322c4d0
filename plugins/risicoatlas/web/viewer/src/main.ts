// Assembly: the frame of the page, then the map, the list of layers, the list of objects and the details, tied together.

import "ol/ol.css";
import "../../static/page.css";
import "./viewer.css";
import { button, element } from "./dom.ts";
import { createFrame, type Frame } from "./frame.ts";
import { keep, text } from "./language.ts";
import { fetchLayers, reason } from "./service.ts";
import { Viewer } from "./viewer.ts";

async function start(frame: Frame): Promise<void> {
  frame.tell(text("loading"));
  try {
    const { arrangement, layers } = await fetchLayers();
    frame.account.textContent = text(arrangement.anonymous ? "logIn" : "account");
    frame.account.href = `../auth/login${keep ? `${keep}&` : "?"}to=viewer`;
    frame.tell();
    new Viewer(frame, layers, arrangement);
  } catch (error) {
    const again = button(text("retry"), () => void start(frame));
    frame.tell(element("p", { class: "failed" }, text("startFailed", { reason: reason(error) })), again);
  }
}

void start(createFrame());
