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
  const within = async (mode, work) => {
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
    const key = await within("readonly", (store) => store.get("key"));
    const sealed = await within("readonly", (store) => store.get("form"));
    if (!key || !sealed) return null;
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, key, sealed.data);
    return JSON.parse(new TextDecoder().decode(plain));
  };
  const write = async (kept) => {
    let key = await within("readonly", (store) => store.get("key"));
    if (!key) {
      key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      await within("readwrite", (store) => store.put(key, "key"));
    }
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(kept)));
    await within("readwrite", (store) => store.put({ iv, data }, "form"));
  };
  // One at a time, in order: a slow write must not come after a newer one.
  let last = Promise.resolve();
  const store = (kept) => (last = last.catch(() => {}).then(() => write(kept)));
  const wipe = () => (last = last.catch(() => {}).then(() => within("readwrite", (store) => store.clear())));
  const settled = () => last.catch(() => {});
  const entries = (part) => {
    const inputs = [...part.querySelectorAll("input, select, textarea")].filter((each) => each.name && !each.disabled);
    return inputs
      .filter((each) => !["csrfmiddlewaretoken", "form", "version", "mark", "back"].includes(each.name))
      .filter((each) => !["radio", "checkbox"].includes(each.type) || each.checked)
      .map((each) => [each.name, each.value]);
  };
  return { load, store, settled, wipe, entries };
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
  form.addEventListener("input", () => {
    isTouched = true;
    if (!kept) return;
    touch();
    keep.store(kept).catch(() => {});
  });
  form.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) sessionStorage.setItem("sent", `${step}:${form.elements.version.value}`);
  });
  form.addEventListener("patella:saved", () => {
    isTouched = false;
    if (!kept) return;
    kept.version = Number(form.elements.version.value);
    kept.dirty = kept.dirty.filter((each) => each !== step);
    keep.store(kept).catch(() => {});
  });
  // An answer may have reached the server although this page was left before that could be noted.
  const given = (entries) => JSON.stringify(entries.filter(([name, value]) => value && name !== "asked").sort());
  const forgetWhatArrived = async (found) => {
    const response = await fetch(answers, { redirect: "error" }).catch(() => null);
    if (!response || !response.ok) return;
    const { screens } = await response.json();
    const is = (entries, others) => given(entries || []) === given(others || []);
    // This very page may have been made before it arrived: then it does not show it.
    const hasArrived = (each) => is(found.screens[each], screens[each]) && (each !== step || is(keep.entries(form), screens[each]));
    found.dirty = found.dirty.filter((each) => !hasArrived(each));
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
    if (found && found.dirty.length && !found.ready) await forgetWhatArrived(found);
    if (found && (found.dirty.length || found.ready) && !form.hasAttribute("data-conflict")) {
      // Something entered without a network still waits: that page sends it and comes back here.
      location.replace(`${shell}#at=${step}`);
      return;
    }
    if (!found) {
      const response = await fetch(answers, { redirect: "error" });
      if (!response.ok) return;
      found = { draft, dirty: [], ready: null, ...(await response.json()) };
    }
    kept = found;
    kept.version = Number(form.elements.version.value);
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
