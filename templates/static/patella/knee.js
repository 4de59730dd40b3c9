// The map of the knee: pressing a place ticks the same box as the list below it does. The list is the form; the map is
// a second way to it, so it is hidden from those who hear the page, and not there at all without a script.
(() => {
  "use strict";
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
        place.classList.toggle("hurts", Boolean(ticked && (ticked.checked || box("whole_knee").checked)));
      });
    };
    map.addEventListener("click", (event) => {
      const place = event.target.closest("[data-place]");
      if (place) box(place.dataset.place).click();
    });
    form.addEventListener("change", show);
    form.addEventListener("patella:filled", show);
    show();
  });
})();
