// Today looks again every 30 seconds, so that an alarm is seen within a minute. What somebody is typing stays as it is.
(() => {
  "use strict";
  const EVERY = 30000;
  // A list that moves under a finger makes it press the wrong line: wait until the hand rests, but not for ever.
  const HAND_RESTS = 2000;
  const LONGEST_WAIT = 20000;
  const told = document.querySelector("[data-looked]");
  const title = document.title;
  let lookedAt = new Date();
  let touchedAt = 0;
  let leaving = false;
  let timer = 0;

  ["pointerdown", "pointermove", "keydown", "wheel"].forEach((name) => {
    addEventListener(name, () => { touchedAt = Date.now(); }, { passive: true });
  });
  addEventListener("submit", () => { leaving = true; });
  addEventListener("pageshow", () => { leaving = false; });

  const wall = (at) => at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const say = (text, late) => {
    if (told.textContent !== text) told.textContent = text;
    told.classList.toggle("late", late);
  };
  const count = (page) => Number.parseInt(page.querySelector("#h-flags .count")?.textContent || "0", 10);
  const plain = (section) => section.outerHTML.replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1");
  const doesTheSame = (one, other) => one.tagName === other.tagName
    && one.getAttribute("href") === other.getAttribute("href") && one.form?.action === other.form?.action;

  const put = (page) => {
    const before = count(document);
    page.querySelectorAll("section.queue").forEach((fresh) => {
      const old = document.querySelector(`section.queue[aria-labelledby="${fresh.getAttribute("aria-labelledby")}"]`);
      if (!old || plain(old) === plain(fresh)) return;
      const focused = old.contains(document.activeElement) ? document.activeElement : null;
      old.replaceWith(fresh);
      if (focused) [...fresh.querySelectorAll("a, button, summary")].find((each) => doesTheSame(each, focused))?.focus();
    });
    const now = count(document);
    document.title = now ? `(${now}) ${title}` : title;
    if (now > before) say(`A red flag came in at ${wall(new Date())}.`, true);
    else if (now < before || told.dataset.stale) say("", false);
    delete told.dataset.stale;
  };

  const look = async (asked = Date.now()) => {
    clearTimeout(timer);
    if (!leaving && document.visibilityState === "visible") {
      try {
        const answer = await fetch(location.pathname, { credentials: "same-origin", cache: "no-store" });
        // Sent to the sign-in page: whoever sits here must know that nothing new comes.
        if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (Date.now() - touchedAt < HAND_RESTS && Date.now() - asked < LONGEST_WAIT) {
          timer = setTimeout(() => look(asked), HAND_RESTS);
          return;
        }
        if (!leaving) put(page);
        lookedAt = new Date();
      } catch {
        told.dataset.stale = "yes";
        say(`Not up to date since ${wall(lookedAt)}. Load this page again.`, true);
      }
    }
    timer = setTimeout(look, EVERY);
  };
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") look(); });
  timer = setTimeout(look, EVERY);
})();
