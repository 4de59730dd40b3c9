// A box to draw a signature in. Without this script, and for the keyboard, the typed name stands alone.
(function () {
  "use strict";
  var field = document.querySelector("[data-signature]");
  if (!field || !window.PointerEvent) { return; }
  var box = field.querySelector("[data-pad]");
  var pad = box.querySelector("svg");
  var line = pad.querySelector("path");
  var kept = box.querySelector("input");
  var said = box.querySelector("[data-drawn]");
  var MOST = 16000;
  var drawing = false;
  var last = "";
  box.hidden = false;

  function at(event) {
    var edge = pad.getBoundingClientRect();
    var x = Math.round((event.clientX - edge.left) / edge.width * 600);
    var y = Math.round((event.clientY - edge.top) / edge.height * 200);
    return Math.min(600, Math.max(0, x)) + " " + Math.min(200, Math.max(0, y));
  }
  function add(letter, point) {
    // No space between: the server reads exactly this.
    if (point === last || kept.value.length > MOST - 20) { return; }
    last = point;
    kept.value += letter + point;
    line.setAttribute("d", kept.value);
  }
  pad.addEventListener("pointerdown", function (event) {
    event.preventDefault();
    drawing = true;
    last = "";
    pad.setPointerCapture(event.pointerId);
    add("M", at(event));
  });
  pad.addEventListener("pointermove", function (event) {
    if (!drawing) { return; }
    var points = event.getCoalescedEvents ? event.getCoalescedEvents() : [event];
    (points.length ? points : [event]).forEach(function (each) { add("L", at(each)); });
  });
  ["pointerup", "pointercancel"].forEach(function (name) {
    pad.addEventListener(name, function () {
      drawing = false;
      said.textContent = kept.value ? said.dataset.said : "";
    });
  });
  box.querySelector("[data-clear]").addEventListener("click", function () {
    kept.value = "";
    last = "";
    line.setAttribute("d", "");
    said.textContent = "";
  });
}());
