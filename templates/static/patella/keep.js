// What was entered on this device, kept until the server has it: in IndexedDB, encrypted with a key that no script can
// read out, and wiped when the form is sent, stopped, or another one is begun. This is what lets the form go on
// without a network; templates/static/patella/offline.js sends it later.
window.patellaKeep = (() => {
  "use strict";
  const database = () => new Promise((resolve, reject) => {
    const request = indexedDB.open("patella", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("kept");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const inStore = async (mode, work) => {
    const db = await database();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = db.transaction("kept", mode);
        const request = work(transaction.objectStore("kept"));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      db.close();
    }
  };
  const load = async () => {
    const key = await inStore("readonly", (store) => store.get("key"));
    const sealed = await inStore("readonly", (store) => store.get("form"));
    if (!key || !sealed) return null;
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, key, sealed.data);
    return JSON.parse(new TextDecoder().decode(plain));
  };
  const write = async (kept) => {
    let key = await inStore("readonly", (store) => store.get("key"));
    if (!key) {
      key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      await inStore("readwrite", (store) => store.put(key, "key"));
    }
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(kept)));
    await inStore("readwrite", (store) => store.put({ iv, data }, "form"));
  };
  // One at a time, in order: a slow write must not come after a newer one.
  let last = Promise.resolve();
  const store = (kept) => (last = last.catch(() => {}).then(() => write(kept)));
  const wipe = () => (last = last.catch(() => {}).then(() => inStore("readwrite", (store) => store.clear())));
  const settled = () => last.catch(() => {});
  const entries = (part) => {
    const inputs = [...part.querySelectorAll("input, select, textarea")].filter((each) => each.name && !each.disabled);
    return inputs
      .filter((each) => !["csrfmiddlewaretoken", "form", "version", "mark", "back"].includes(each.name))
      .filter((each) => !["radio", "checkbox"].includes(each.type) || each.checked)
      .map((each) => [each.name, each.value]);
  };

  const within = (milliseconds) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), milliseconds);
    return stop.signal;
  };
  const about = (kept) => [["csrfmiddlewaretoken", kept.token], ["form", kept.draft], ["version", kept.version]];
  const post = (path, entries, kept, mark = "") => fetch(path, {
    method: "POST",
    redirect: "manual",
    signal: within(15000),
    body: new URLSearchParams([
      ...about(kept), ["mark", mark],
      // What was shown here without a network, for the record of the case these answers may make. Seconds: whatever is
      // wrong with this clock is wrong at both ends.
      ...(kept.told ? [["told", kept.told.level], ["told_ago", Math.round((Date.now() - kept.told.at) / 1000)]] : []),
      ...entries,
    ]),
  });
  // By an ordinary form: the server's own page then shows both answers and asks which one stays.
  const ask = (path, entries, kept) => {
    const asking = document.createElement("form");
    asking.method = "post";
    asking.action = path;
    for (const [name, value] of [...about(kept), ...entries]) {
      const box = document.createElement("input");
      Object.assign(box, { type: "hidden", name, value });
      asking.append(box);
    }
    document.body.append(asking);
    asking.submit();
  };
  // The screens that wait, by the door they always come in by. ways: where each screen is saved and shown. A screen's
  // mark says what the server held of it when this phone last knew: written over is only what still is so.
  // Gives where the server leads to, "" for nowhere; null while it asks which of two answers stays. Throws where it
  // cannot be reached or has trouble of its own.
  const handIn = async (kept, order, ways) => {
    kept.marks = kept.marks || {};
    for (const name of order) {
      const entries = kept.screens[name];
      const response = await post(ways.eachSave.replace("SCREEN", name), entries, kept, kept.marks[name]);
      if (response.type === "opaqueredirect") return ways.done;
      if (response.status >= 500 || response.status === 429) throw new Error(response.status);
      const told = response.ok ? await response.json() : {};
      // A screen before it is not complete: it waits here until that one is. So does a change made while this was on its way.
      if (entries === kept.screens[name] && !told.early) kept.dirty = kept.dirty.filter((each) => each !== name);
      if (response.ok && !told.early) {
        kept.version = told.version;
        kept.marks[name] = told.mark;
      }
      if (response.status === 409 || told.go) kept.ready = null;
      await store(kept);
      if (response.status === 409) {
        ask(ways.eachPage.replace("SCREEN", name), entries, kept);
        return null;
      }
      if (told.go) return told.go;
    }
    return "";
  };
  return { load, store, settled, wipe, entries, within, post, handIn };
})();

(() => {
  "use strict";
  const keep = window.patellaKeep;
  if (!window.indexedDB || !window.crypto || !crypto.subtle) return;
  if (document.querySelector("[data-wipe]")) {
    keep.wipe().catch(() => {});
    return;
  }
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const { step, shell, answers } = { step: form.dataset.step, shell: form.dataset.keep, answers: form.dataset.answers };

  // Looking for what is kept takes a moment; what is answered, saved or sent meanwhile counts all the same.
  let kept = null;
  const state = document.querySelector("[data-saved]");
  let isTouched = Boolean(state && ["unsaved", "failing"].includes(state.dataset.state));
  const touch = () => {
    kept.screens[step] = keep.entries(form);
    if (step !== "review" && !kept.dirty.includes(step)) kept.dirty.push(step);
  };
  const note = () => {
    kept.version = Number(form.elements.version.value);
    kept.marks = { ...kept.marks, [step]: form.elements.mark.value };
  };
  form.addEventListener("input", () => {
    isTouched = true;
    if (!kept) return;
    touch();
    keep.store(kept).catch(() => {});
  });
  form.addEventListener("patella:saving", () => {
    if (kept) kept.sent = { [step]: keep.entries(form) };
    if (kept) keep.store(kept).catch(() => {});
  });
  form.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) sessionStorage.setItem("sent", `${step}:${form.elements.version.value}`);
  });
  form.addEventListener("patella:saved", () => {
    isTouched = false;
    if (!kept) return;
    note();
    kept.dirty = kept.dirty.filter((each) => each !== step);
    keep.store(kept).catch(() => {});
  });
  // Made while the last answers were still on their way, a page does not show them. What this phone keeps is compared with
  // what the server has, sent from here where it is not there yet, and the page made anew. Meanwhile nothing can be
  // entered: an older page must not be asked to save. Gives whether this page is being left.
  const given = (entries) => JSON.stringify((entries || []).filter(([name, value]) => value && name !== "asked").sort());
  const isSame = (entries, others) => given(entries) === given(others);
  const isChanged = (each) => (each.options
    ? [...each.options].some((option) => option.selected !== option.defaultSelected)
    : each.value !== each.defaultValue || each.checked !== each.defaultChecked);
  const withWhatIsNewHere = (entries) => {
    const names = new Set([...form.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(isChanged).map((each) => each.name));
    return [...entries.filter(([name]) => !names.has(name)), ...keep.entries(form).filter(([name]) => names.has(name))];
  };
  const catchUp = async (found) => {
    const response = await fetch(answers, { redirect: "error", signal: keep.within(5000) });
    if (!response.ok) throw new Error(response.status);
    const { screens, marks, version } = await response.json();
    // What is stored of a screen may be this phone's own: then the screen is newer than any page.
    const isOurs = (each) => [found.screens[each], (found.sent || {})[each]].some((mine) => mine && isSame(mine, screens[each]));
    found.marks = { ...found.marks, ...Object.fromEntries(found.dirty.filter(isOurs).map((each) => [each, marks[each]])) };
    const isKept = found.dirty.includes(step);
    found.dirty = found.dirty.filter((each) => !isSame(found.screens[each], screens[each]));
    const isOlderThan = (newest) => newest > Number(form.elements.version.value);
    if (isTouched && (found.dirty.length || isOlderThan(version))) {
      found.screens[step] = isKept ? withWhatIsNewHere(found.screens[step]) : keep.entries(form);
      if (!isKept) found.marks[step] = form.elements.mark.value;
      found.dirty = [...new Set([...found.dirty, step])];
      await keep.store(found);
    }
    const order = [...new Set([...Object.keys(screens), ...found.dirty])].filter((each) => found.dirty.includes(each));
    const leads = await keep.handIn(found, order, form.dataset);
    if (leads === null) return true;
    // The server has judged it all.
    if (!found.dirty.length) found.alarm = found.told = null;
    const isElsewhere = leads && leads !== form.dataset.goOn;
    if (!isElsewhere && !isOlderThan(Math.max(version, found.version))) return false;
    await keep.store(found);
    // By its address: a page that answered a button would be sent once more by a reload.
    location.replace(isElsewhere ? leads : location.pathname + location.search);
    return true;
  };
  // The server cannot be reached, and an answer that has to be acted on may be among those that wait: the page for times
  // without a network says what to do.
  let told = null;
  form.addEventListener("patella:unreachable", async () => {
    if (!kept || sessionStorage.getItem("shell") !== shell) return;
    if (!told) {
      const page = await caches.match(shell, { cacheName: "patella" });
      if (!page) return;
      const whole = new DOMParser().parseFromString(await page.text(), "text/html");
      told = JSON.parse(whole.querySelector("[data-alarms]").dataset.alarms);
    }
    const pairs = Object.values(kept.screens).flat();
    const valuesOf = (name) => pairs.filter((pair) => pair[0] === name).map((pair) => pair[1].trim()).filter(Boolean);
    if (!window.patellaRules.alarm(told, valuesOf, { facts: kept.facts })) return;
    await keep.store(kept);
    location.replace(`${shell}#at=${step}`);
  });
  const begin = async () => {
    const [sent, before] = (sessionStorage.getItem("sent") || "").split(":");
    sessionStorage.removeItem("sent");
    const version = Number(form.elements.version.value);
    let found = await keep.load().catch(() => null);
    const draft = form.elements.form.value;
    if (found && found.draft !== draft) { await keep.wipe(); found = null; }
    // What the button sent has been saved if the version went up since.
    if (found && sent && version > Number(before)) found.dirty = found.dirty.filter((each) => each !== sent);
    if (found && (found.dirty.length || found.ready) && !form.hasAttribute("data-conflict")) {
      found.token = form.elements.csrfmiddlewaretoken.value;
      const said = state ? state.textContent : "";
      if (state) state.textContent = state.dataset.unsaved;
      form.inert = true;
      const isLeaving = found.ready ? null : await catchUp(found).catch(() => null);
      // A form signed without a network, and one that finds none now, is sent by the page for such times.
      if (isLeaving === null) location.replace(`${shell}#at=${step}`);
      if (isLeaving !== false) return;
      form.inert = false;
      if (state) state.textContent = said;
    }
    if (!found) {
      const response = await fetch(answers, { redirect: "error" });
      if (!response.ok) return;
      const { screens, marks, facts, site } = await response.json();
      found = { draft, dirty: [], ready: null, screens, marks, facts, site };
    }
    kept = found;
    note();
    kept.token = form.elements.csrfmiddlewaretoken.value;
    kept.screens[step] = keep.entries(form);
    if (isTouched) touch();
    await keep.store(kept);
  };
  const shellKept = async () => {
    if (!navigator.serviceWorker || !window.caches) return;
    await navigator.serviceWorker.register("/worker.js");
    if (sessionStorage.getItem("shell") === shell) return;
    const cache = await caches.open("patella");
    const page = await fetch(shell, { credentials: "omit" });
    if (!page.ok) return;
    const whole = new DOMParser().parseFromString(await page.clone().text(), "text/html");
    const pieces = [...whole.querySelectorAll("link[rel=stylesheet], script[src], link[rel=icon]")];
    await cache.addAll(pieces.map((each) => each.getAttribute("href") || each.getAttribute("src")));
    for (const old of await cache.keys()) if (new URL(old.url).pathname.startsWith("/intake/offline/")) await cache.delete(old);
    await cache.put(shell, page);
    sessionStorage.setItem("shell", shell);
  };
  keep.begun = begin().catch(() => {});
  window.addEventListener("load", () => shellKept().catch(() => {}));
})();
