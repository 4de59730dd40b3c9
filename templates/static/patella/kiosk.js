// On the clinic's tablet: warn after 40 seconds without a touch, wipe after 60, and show nothing to the back button.
(function () {
  "use strict";
  var form = document.querySelector("[data-kiosk-end]");
  // A page from the browser's memory is somebody else's: ask the server, who knows whether it is over.
  window.addEventListener("pageshow", function (event) { if (event.persisted) { location.reload(); } });
  if (!form) {
    // The start page: whatever was typed before is not offered again.
    document.querySelectorAll("form").forEach(function (each) { each.reset(); });
    return;
  }
  var idle = document.querySelector("[data-kiosk-idle]");
  var stay = idle.querySelector("[data-stay]");
  var left = idle.querySelector("[data-left]");
  var WIPE = Number(form.dataset.seconds);
  var WARN = WIPE - 20;
  var touched = Date.now();
  var ended = false;
  var before = null;

  function wipe() {
    if (ended) { return; }
    ended = true;
    document.querySelector("main").hidden = true;
    function away() { location.replace(form.dataset.home || "/kiosk/"); }
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin", keepalive: true, redirect: "manual" })
      .then(away, function () {
        // No network: nothing may stay to be read, and the server forgets by itself.
        document.body.textContent = "";
        setTimeout(away, 5000);
      });
  }
  function here() {
    touched = Date.now();
    if (!idle.hidden) {
      idle.hidden = true;
      if (before && before.focus) { before.focus(); }
    }
  }
  ["pointerdown", "keydown", "input", "scroll", "touchmove"].forEach(function (name) {
    window.addEventListener(name, here, { passive: true, capture: true });
  });
  stay.addEventListener("click", here);
  form.addEventListener("submit", function (event) { event.preventDefault(); wipe(); });
  setInterval(function () {
    var quiet = (Date.now() - touched) / 1000;
    if (quiet >= WIPE) { wipe(); return; }
    if (quiet >= WARN) {
      if (idle.hidden) {
        before = document.activeElement;
        idle.hidden = false;
        stay.focus();
      }
      left.textContent = String(Math.ceil(WIPE - quiet));
    }
  }, 500);
}());
