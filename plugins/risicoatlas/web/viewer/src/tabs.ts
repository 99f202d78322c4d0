// Two or more panels of which one is seen (ARIA tabs: arrow keys go from one tab to the next).

import { button, element } from "./dom.ts";

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly content: HTMLElement;
  readonly opened?: () => void;
}

export function tabs(label: string, all: readonly Tab[]): HTMLElement[] {
  const heads = all.map(({ id, title }, index) =>
    button(title, () => open(index), { role: "tab", id: `tab-${id}`, "aria-controls": id }),
  );
  const panels = all.map(({ id, content }) => element("div", { role: "tabpanel", id, "aria-labelledby": `tab-${id}` }, content));
  const open = (chosen: number) => {
    for (const [index, head] of heads.entries()) {
      head.setAttribute("aria-selected", String(index === chosen));
      head.tabIndex = index === chosen ? 0 : -1;
    }
    for (const [index, panel] of panels.entries()) panel.hidden = index !== chosen;
    all[chosen]?.opened?.();
  };
  const list = element("div", { class: "tabs", role: "tablist", "aria-label": label }, ...heads);
  list.addEventListener("keydown", ({ key }) => {
    const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    const next = heads.findIndex((head) => head.tabIndex === 0) + step;
    if (!step || next < 0 || next >= heads.length) return;
    open(next);
    heads[next]?.focus();
  });
  open(0);
  return [list, ...panels];
}
