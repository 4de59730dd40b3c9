// The form without a network: every screen is on this page, one is shown. Answers stay on this device (keep.js) and go
// to the server by the same doors as ever, screen by screen, as soon as it can be reached; the last door is the one
// that sends the form, and the server takes a form once.
(async () => {
  "use strict";
  const keep = window.patellaKeep;
  const form = document.querySelector("form[data-offline]");
  const kept = await keep.load().catch(() => null);
  const words = form.dataset;
  if (!kept) { location.replace(words.goOn); return; }
  const screens = [...form.querySelectorAll("[data-screen]")];
  const state = document.querySelector("[data-saved]");
  const say = (name) => { if (state.textContent !== state.dataset[name]) state.textContent = state.dataset[name]; };

  // Fill in what is known.
  const setFacts = () => {
    const site = form.querySelector('[name="site"]:checked, input[type=hidden][name="site"]');
    const offered = site && JSON.parse(words.needling)[site.value];
    // The consent of the clinic that was chosen is the one read and signed.
    const chosen = site ? site.value : kept.site;
    form.querySelectorAll("[data-site]").forEach((text) => {
      text.hidden = text.dataset.site !== chosen;
      text.querySelector("input").disabled = text.hidden;
    });
    document.querySelectorAll("[data-place]").forEach((place) => {
      place.hidden = Boolean(chosen) && place.dataset.place !== chosen;
    });
    form.dataset.facts = JSON.stringify({ ...kept.facts, ...(offered ? { needling_offered: offered } : {}) });
  };
  for (const [screen, entries] of Object.entries(kept.screens)) {
    const part = form.querySelector(`[data-screen="${CSS.escape(screen)}"]`);
    if (!part) continue;
    for (const [name, value] of entries) {
      for (const box of part.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (box.type === "radio" || box.type === "checkbox") box.checked = box.checked || box.value === value;
        else if (name !== "asked") box.value = value;
      }
    }
  }
  setFacts();
  form.dispatchEvent(new Event("patella:filled"));

  const asks = (screen) => [...screen.querySelectorAll(".field")].some((field) => !field.hidden);
  const steps = () => screens.filter(asks);
  let current = null;
  const show = (screen) => {
    current = screen;
    screens.forEach((each) => { each.hidden = each !== screen; });
    const all = steps();
    document.querySelector("[data-progress]").textContent = words.progressWords
      .replace("{number}", all.indexOf(screen) + 1).replace("{total}", all.length);
    const bar = document.querySelector("progress");
    bar.value = all.indexOf(screen) + 1;
    bar.max = all.length;
    const isLast = screen.dataset.screen === words.last;
    form.querySelector("[data-next]").hidden = isLast;
    form.querySelector("[data-finish]").hidden = !isLast;
    form.querySelector("[data-back]").hidden = all.indexOf(screen) === 0;
    screen.querySelector("h1").focus();
    window.scrollTo(0, 0);
  };
  const named = (name) => screens.find((each) => each.dataset.screen === name);
  const after = (screen) => screens.slice(screens.indexOf(screen) + 1).find(asks) || screen;

  // With a network the form stops at an answer like this and is handed in. So here: once said, it stays said until the
  // server has judged the answers.
  const told = JSON.parse(words.alarms);
  const alarms = [...document.querySelectorAll("[data-alarm]")];
  const warn = (complete = false) => {
    const found = window.patellaRules.alarm(told, window.patellaForm.valuesOf, { facts: JSON.parse(words.facts), complete });
    const level = told.levels.find((each) => [found, kept.alarm].includes(each)) || "";
    const isNew = level && alarms.some((each) => each.hidden && each.dataset.alarm === level);
    kept.alarm = level;
    if (level && (kept.told || {}).level !== level && document.visibilityState === "visible") kept.told = { level, at: Date.now() };
    alarms.forEach((each) => { each.hidden = each.dataset.alarm !== level; });
    if (isNew) alarms.find((each) => !each.hidden).focus();
  };
  document.addEventListener("visibilitychange", () => warn());
  form.addEventListener("input", () => {
    const name = current.dataset.screen;
    kept.screens[name] = keep.entries(current);
    if (name !== words.last && !kept.dirty.includes(name)) kept.dirty.push(name);
    setFacts();
    form.dispatchEvent(new Event("patella:filled"));
    warn();
    keep.store(kept).catch(() => say("lost"));
  });

  // Only "is there an answer": what is wrong with one, the server says when it has it.
  const isComplete = () => {
    let first = null;
    current.querySelectorAll(".field[data-required]:not([hidden])").forEach((field) => {
      // A row nobody began is not one left half done.
      if (field.closest(".row")) return;
      const inputs = [...field.querySelectorAll("input:not([type=hidden]), select, textarea")];
      const given = inputs.some((each) => (["radio", "checkbox"].includes(each.type) ? each.checked : each.value.trim()));
      let message = field.querySelector(".error");
      if (!given && !message) {
        message = document.createElement("p");
        message.className = "error";
        message.textContent = words.missing;
        field.querySelector("legend, label, p").after(message);
      }
      if (given && message) message.remove();
      if (!given) message.classList.remove("is-over");
      field.classList.toggle("is-wrong", !given);
      field.classList.remove("was-wrong");
      if (!given && !first) first = inputs[0];
    });
    if (first) first.focus();
    return !first;
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector("[data-next]").addEventListener("click", () => { if (isComplete()) show(after(current)); });
  form.querySelector("[data-back]").addEventListener("click", () => {
    const all = steps();
    show(all[Math.max(0, all.indexOf(current) - 1)]);
  });
  form.querySelector("[data-finish]").addEventListener("click", async () => {
    if (!isComplete()) return;
    kept.ready = keep.entries(current);
    // Now what was left open counts, as it does when the form is sent.
    warn(true);
    await keep.store(kept);
    form.querySelector("[data-screen]:not([hidden])").hidden = true;
    form.querySelector(".actions").hidden = true;
    document.querySelector("[data-waiting]").hidden = false;
    pause = 1000;
    send();
  });

  let pause = 2000;
  let underway = false;
  let timer = 0;
  const sendAll = async () => {
    const order = screens.map((each) => each.dataset.screen).filter((each) => kept.dirty.includes(each));
    const leads = await keep.handIn(kept, order, words);
    if (leads) location.replace(leads);
    if (leads !== "") return;
    if (kept.dirty.length) { setTimeout(send, 500); return; }
    kept.alarm = "";
    if (!kept.ready) kept.told = null;
    if (!kept.ready && !order.length) {
      // Nothing was sent that would have shown whether there is a network again.
      const found = await fetch(words.goOn, { method: "HEAD", redirect: "manual" });
      if (found.status >= 500) throw new Error(found.status);
    }
    if (!kept.ready) {
      // On with the screen that was being filled in.
      const name = current.dataset.screen;
      location.replace(name === words.last ? words.review : words.eachPage.replace("SCREEN", name));
      return;
    }
    const response = await keep.post(words.review, kept.ready, kept);
    if (response.status >= 500 || response.status === 429) throw new Error(response.status);
    kept.ready = kept.told = null;
    await keep.store(kept);
    // Sent, or the review page says what is still to be done.
    location.replace(response.type === "opaqueredirect" ? words.done : words.review);
  };
  const send = async () => {
    if (underway) return;
    underway = true;
    clearTimeout(timer);
    try {
      await sendAll();
      say("sent");
    } catch {
      say("waiting");
      timer = setTimeout(send, pause);
      pause = Math.min(pause * 2, 30000);
    } finally {
      underway = false;
    }
  };
  window.addEventListener("online", () => { pause = 1000; send(); });

  const [how, where] = location.hash.slice(1).split("=");
  const asked = named(where === "review" ? words.last : where);
  show(asked ? (how === "after" ? after(asked) : asked) : steps()[0]);
  warn();
  if (kept.told) keep.store(kept).catch(() => say("lost"));
  say("waiting");
  send();
})();
