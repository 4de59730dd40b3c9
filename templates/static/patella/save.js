// Saves each answer within a second of being given. "Saved" is said only after the server said so; until then
// "not saved yet", with ever longer pauses between tries. Each screen is still saved whole by its own button.
(() => {
  "use strict";
  const form = document.querySelector("form[data-save]");
  if (!form) return;
  const PAUSE = 500; // ms after the last change: typing and arrow keys on their way are not answers yet
  const MOST = 700; // ms after the first change not sent: somebody who goes on typing is saved all the same
  const LONGEST = 30000;
  const state = document.querySelector("[data-saved]");
  const say = (name) => {
    if (!state) return;
    state.dataset.state = name;
    if (state.textContent !== state.dataset[name]) state.textContent = state.dataset[name];
  };

  let changed = 0; // counts changes, saved ones too
  let saved = 0; // the change the server has
  let timer = 0;
  let waiting = 0; // since when the first change not yet sent waits
  let pause = 1000;
  let underway = null;
  let conflict = false;
  let since = performance.now();
  const seconds = new Map();

  const body = () => {
    const data = new FormData(form);
    for (const [name, value] of seconds) data.append("seconds", `${name}:${value}`);
    return new URLSearchParams(data);
  };

  const answered = async (response, number) => {
    if (response.type === "opaqueredirect") {
      // The form has been sent already, here or on another device.
      location.assign(form.dataset.goOn);
      return;
    }
    if (response.status === 409) {
      conflict = true;
      say("conflict");
      // The ordinary save shows what the other device wrote beside what was entered here.
      if (!form.dataset.sent) form.requestSubmit();
      return;
    }
    // A mistake of the page's own (403, 413 …) is not mended by trying again: its button says what is wrong.
    if (response.status >= 400 && response.status < 500) { say("unsaved"); saved = number; return; }
    if (!response.ok) throw new Error(response.status);
    const told = await response.json();
    form.elements.version.value = told.version;
    if (told.mark) form.elements.mark.value = told.mark;
    seconds.clear();
    saved = number;
    pause = 1000;
    if (told.go) { location.assign(told.go); return; }
    const progress = document.querySelector("[data-progress]");
    if (progress && told.progress) {
      progress.textContent = told.progress.text;
      const bar = document.querySelector("progress");
      if (bar) { bar.value = told.progress.number; bar.max = told.progress.total; }
    }
    form.dispatchEvent(new CustomEvent("patella:saved"));
    if (changed === saved) say("done");
  };

  const save = () => {
    clearTimeout(timer);
    timer = 0;
    // What is kept on this phone is being put in first (keep.js).
    if (form.inert) timer = setTimeout(save, PAUSE);
    if (form.inert || underway || conflict || changed === saved) return underway || Promise.resolve();
    const number = changed;
    waiting = 0;
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), 15000);
    const data = body();
    form.dispatchEvent(new CustomEvent("patella:saving"));
    // Outlives the page that is left meanwhile; browsers carry up to 64 KiB so.
    const keepalive = String(data).length < 60000;
    underway = fetch(form.dataset.save, { method: "POST", body: data, redirect: "manual", keepalive, signal: stop.signal })
      .then((response) => answered(response, number))
      .catch(() => {
        say("failing");
        form.dispatchEvent(new CustomEvent("patella:unreachable"));
        timer = setTimeout(save, pause);
        pause = Math.min(pause * 2, LONGEST);
      })
      .finally(() => {
        clearTimeout(late);
        underway = null;
        if (changed !== saved && !timer && !conflict) saveSoon();
      });
    return underway;
  };

  const saveSoon = () => {
    const now = performance.now();
    waiting = waiting || now;
    clearTimeout(timer);
    timer = setTimeout(save, Math.max(0, Math.min(PAUSE, waiting + MOST - now)));
  };
  const note = (event) => {
    changed += 1;
    const name = event.target.name || "";
    if (name) {
      const now = performance.now();
      const took = Math.round((now - since) / 1000);
      const question = name.replace(/-.*$/, "");
      seconds.set(question, (seconds.get(question) || 0) + took);
      since = now;
    }
    say("unsaved");
    saveSoon();
  };
  form.addEventListener("input", note);
  // A box filled in by the browser itself tells of it by "change" alone.
  form.addEventListener("change", (event) => { if (changed === saved) note(event); });
  window.addEventListener("online", () => { pause = 1000; if (timer) save(); });

  // The tab goes away: send what is left with a request that outlives the page.
  const leave = () => {
    if (changed === saved || conflict || form.dataset.sent || form.inert || underway) return;
    fetch(form.dataset.save, { method: "POST", body: body(), keepalive: true, redirect: "manual" }).catch(() => {});
  };
  window.addEventListener("pagehide", leave);
  // A page brought back from memory carries an old version: fetch it anew rather than call it a second device.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // Keeping the answers on this device is not needed to give them: its script comes when the form can be used.
  document.addEventListener("DOMContentLoaded", () => {
    if (!form.dataset.keepScript) return;
    document.head.append(Object.assign(document.createElement("script"), { src: form.dataset.keepScript }));
  });

  // The button waits for a save that is on its way: it will carry the version that save leads to.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    timer = 0;
    if (!underway) return;
    event.preventDefault();
    const submitter = event.submitter;
    underway.finally(() => { clearTimeout(timer); timer = 0; form.requestSubmit(submitter); });
  // Before the listener that lets a form be sent only once: a press put off is not one that was sent.
  }, { capture: true });
})();
