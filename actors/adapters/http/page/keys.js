// The keyboard: one letter a deed, never while a person types.

import { ask, askToken } from "./controls.js";
import { byId } from "./dom.js";

export function bindKeys({ timeline, log, theme, afterwards }) {
  const deeds = {
    "/": () => byId("search").focus(),
    "j": () => step(1),
    "k": () => step(-1),
    "h": () => ask("halt", afterwards),
    "r": () => ask("resume", afterwards),
    "p": () => log.pause(),
    "o": () => askToken(afterwards),
    "t": theme,
    "?": () => byId("keys").showModal(),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      if (event.target instanceof HTMLInputElement) event.target.blur();
      else timeline.leave();
      return;
    }
    if (event.target.closest("input, select, textarea") || !deeds[event.key]) return;
    event.preventDefault();
    deeds[event.key]();
  });
  byId("tool-help").addEventListener("click", deeds["?"]);
}

/** Go to the next panel, or the one before. */
function step(by) {
  const panels = [...document.querySelectorAll("main > .panel")];
  const at = panels.findIndex((panel) => panel.contains(document.activeElement));
  const next = panels[(at + by + panels.length) % panels.length] ?? panels[0];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}
