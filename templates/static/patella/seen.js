// Tells the clinic that the text about what to do now stands on a screen. Without a script its button does.
(() => {
  "use strict";
  const form = document.querySelector("[data-seen]");
  if (!form) return;
  let told = false;
  const tell = async () => {
    if (told || document.visibilityState !== "visible") return;
    told = form.hidden = true;
    const body = new URLSearchParams(new FormData(form));
    body.set("by", "script");
    try {
      const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin", keepalive: true });
      if (!answer.ok) throw new Error(String(answer.status));
    } catch {
      // The button stays; and the network may come back while the page is being read.
      told = form.hidden = false;
      setTimeout(tell, 5000);
    }
  };
  document.addEventListener("visibilitychange", tell);
  tell();
})();
