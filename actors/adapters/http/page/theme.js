"use strict";
// Sets light or dark before anything is drawn, so that no page flashes; a plain script, because a
// module runs only after the first paint.
(() => {
  try {
    const theme = localStorage.getItem("callboard-theme");
    if (theme) document.documentElement.dataset.theme = theme;
  } catch {
    // A browser that keeps nothing follows the system.
  }
})();
