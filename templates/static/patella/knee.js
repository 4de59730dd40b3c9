// The map of the knee: a place is a box to tick, and ticks the same box as the list below it does. The list is the form;
// the map is a second way to it, by finger, key or screen reader, and not there at all without a script.
(() => {
  "use strict";
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  document.querySelectorAll("[data-knee-map]").forEach((map) => {
    const form = map.closest("form");
    const box = (place) => form.querySelector(`[name="${map.dataset.kneeMap}"][value="${CSS.escape(place)}"]`);
    const show = () => {
      const side = form.querySelector('[name="knee_side"]:checked');
      map.hidden = !side;
      map.querySelectorAll("[data-knee]").forEach((knee) => {
        // Places are told once for both knees: one drawing is enough.
        knee.hidden = !side || knee.dataset.knee !== (side.value === "left" ? "left" : "right");
      });
      map.querySelectorAll("[data-place]").forEach((place) => {
        const ticked = box(place.dataset.place);
        const hurts = Boolean(ticked && (ticked.checked || box("whole_knee").checked));
        place.classList.toggle("hurts", hurts);
        place.setAttribute("aria-checked", String(hurts));
      });
    };
    // Each view is one stop of the Tab key; the arrows go from place to place.
    const stopAt = (place) => {
      place.closest("svg").querySelectorAll("[data-place]").forEach((each) => {
        each.setAttribute("tabindex", each === place ? "0" : "-1");
      });
    };
    map.querySelectorAll("svg").forEach((view) => stopAt(view.querySelector("[data-place]")));
    map.addEventListener("focusin", (event) => {
      const place = event.target.closest("[data-place]");
      if (place) stopAt(place);
    });
    map.addEventListener("click", (event) => {
      const place = event.target.closest("[data-place]");
      if (place) box(place.dataset.place).click();
    });
    map.addEventListener("keydown", (event) => {
      const place = event.target.closest("[data-place]");
      if (!place || event.altKey || event.ctrlKey || event.metaKey) return;
      const places = [...place.closest("svg").querySelectorAll("[data-place]")];
      if (event.key === " " || event.key === "Enter") {
        box(place.dataset.place).click();
      } else if (event.key in STEPS) {
        places[(places.indexOf(place) + STEPS[event.key] + places.length) % places.length].focus();
      } else {
        return;
      }
      event.preventDefault();
    });
    form.addEventListener("change", show);
    form.addEventListener("patella:filled", show);
    show();
  });
})();
