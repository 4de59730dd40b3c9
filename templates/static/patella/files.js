// Sends a file in pieces and goes on where it broke off. Without this script the form sends it whole.
(function () {
  "use strict";
  var form = document.querySelector("[data-files]");
  if (!form || !window.fetch || !File.prototype.slice) { return; }
  var input = form.querySelector("[type=file]");
  var bar = form.querySelector("[data-bar]");
  var state = form.querySelector("[data-state]");
  var button = form.querySelector("button");
  var token = form.querySelector("[name=csrfmiddlewaretoken]").value;

  function call(address, method, headers, body) {
    headers["X-CSRFToken"] = token;
    return fetch(address, { method: method, headers: headers, body: body, credentials: "same-origin" });
  }
  function wait(ms) { return new Promise(function (go) { setTimeout(go, ms); }); }
  function over(text) {
    state.textContent = text;
    button.removeAttribute("aria-disabled");
  }
  // The same file, chosen again after the page was closed, goes on too. Only its address is kept, in this tab.
  function nameOf(file) { return "file:" + [file.name, file.size, file.lastModified].join(":"); }

  async function begin(file) {
    var known = sessionStorage.getItem(nameOf(file));
    if (known) {
      var there = await call(known, "HEAD", {});
      if (there.ok && Number(there.headers.get("Upload-Offset")) < file.size) {
        return { address: known, at: Number(there.headers.get("Upload-Offset")), piece: 200 * 1024 };
      }
      sessionStorage.removeItem(nameOf(file));
    }
    var made = await call(form.dataset.files, "POST", { "Content-Type": "application/x-www-form-urlencoded" },
      new URLSearchParams({ name: file.name, size: String(file.size) }).toString());
    var body = await made.json();
    if (!made.ok) { throw new Error(body.said); }
    sessionStorage.setItem(nameOf(file), body.address);
    return { address: body.address, at: 0, piece: body.piece };
  }

  async function send(file) {
    var way = await begin(file);
    bar.hidden = false;
    while (way.at < file.size) {
      bar.value = Math.round(100 * way.at / file.size);
      state.textContent = form.dataset.going;
      var answer;
      try {
        answer = await call(way.address, "PATCH", {
          "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(way.at)
        }, file.slice(way.at, way.at + way.piece));
      } catch (lost) {
        state.textContent = form.dataset.waiting;
        await wait(3000);
        continue;
      }
      if (answer.status >= 500) { await wait(3000); continue; }
      if (!answer.ok && answer.status !== 409) {
        sessionStorage.removeItem(nameOf(file));
        var said = await answer.json().catch(function () { return {}; });
        throw new Error(said.said || String(answer.status));
      }
      way.at = Number(answer.headers.get("Upload-Offset"));
    }
    sessionStorage.removeItem(nameOf(file));
    location.href = form.getAttribute("action") + "?sent=1";
  }

  form.addEventListener("submit", function (event) {
    var file = input.files[0];
    if (!file) { return; }
    event.preventDefault();
    if (button.getAttribute("aria-disabled")) { return; }
    if (file.size > Number(form.dataset.most)) { over(form.dataset.tooLarge); return; }
    button.setAttribute("aria-disabled", "true");
    send(file).catch(function (error) { over(error.message); });
  });
}());
