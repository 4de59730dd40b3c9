// Makes the form quicker where there is a script. Without one every page works the same: the server decides again.
(() => {
  "use strict";
  const form = document.querySelector("form[data-step]");
  const summary = document.querySelector(".summary");
  if (summary) summary.focus();
  if (!form) return;
  let facts = {};

  // The texts given under one input's name; what is hidden was not asked.
  const valuesOf = (name) => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)]
    .filter((each) => !["radio", "checkbox"].includes(each.type) || each.checked)
    .filter((each) => !each.closest(".field[hidden]"))
    .map((each) => each.value.trim()).filter(Boolean);
  window.patellaForm = { valuesOf };

  const conditional = [...form.querySelectorAll("[data-shown-when]")].map((field) => ({
    field, test: JSON.parse(field.dataset.shownWhen), prefix: field.dataset.prefix || "",
  }));
  const show = () => {
    if (!conditional.length) return;
    const answer = window.patellaRules.reading(valuesOf, { facts });
    conditional.forEach(({ field, test, prefix }) => {
      field.hidden = !window.patellaRules.holds(test, (name) => answer(prefix + name));
      // Tells the server which questions were on the screen.
      field.querySelector("input[name=asked]").disabled = field.hidden;
    });
  };

  form.addEventListener("change", (event) => {
    const box = event.target;
    if (box.type === "checkbox" && box.checked) {
      // "None of these" and the others exclude each other: the last one touched wins.
      form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(box.name)}"]`).forEach((other) => {
        if (other !== box && (box.dataset.alone || other.dataset.alone)) other.checked = false;
      });
    }
    show();
  });
  form.addEventListener("patella:filled", () => {
    facts = JSON.parse(form.dataset.facts || "{}");
    show();
  });
  show();

  // What was said of an answer is over once there is another: only the server judges that one. Nothing moves on the page,
  // so that no finger lands on another answer.
  const isOver = (each) => {
    each.classList.add("is-over");
    each.removeAttribute("id");
  };
  form.addEventListener("input", (event) => {
    const inner = event.target.closest(".field");
    if (inner) inner.querySelectorAll(".error").forEach(isOver);
    for (let part = event.target.closest(".field, .row"); part; part = part.parentElement.closest(".field, .row")) {
      part.querySelectorAll(":scope > .error").forEach(isOver);
      if (part.querySelector(".error:not(.is-over)")) continue;
      if (part.classList.contains("is-wrong")) part.classList.replace("is-wrong", "was-wrong");
      part.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
    }
    if (summary) summary.querySelectorAll("a").forEach((link) => {
      const place = document.getElementById(link.hash.slice(1));
      link.classList.toggle("is-done", Boolean(place) && !place.closest(".field.is-wrong"));
    });
  });

  const fillWithNo = () => form.querySelectorAll("[data-nothing]").forEach((group) => {
    if (group.closest("[hidden]") || group.querySelector("input:checked")) return;
    const none = group.querySelector(`input[value="${CSS.escape(group.dataset.nothing)}"]`);
    if (none) none.checked = true;
  });
  const noToAll = form.querySelector("button[name=no_to_all][value='1']");
  if (noToAll) {
    noToAll.addEventListener("click", (event) => {
      event.preventDefault();
      fillWithNo();
      form.dispatchEvent(new Event("change", { bubbles: true }));
      form.dispatchEvent(new Event("input", { bubbles: true }));
      form.querySelector("[data-continue]").focus();
    });
  }
  // "None of these" is sent as it is pressed; filled in here too, so that it counts where there is no network.
  const noneOfThese = form.querySelector("button[name=no_to_all][value=go]");
  if (noneOfThese) noneOfThese.addEventListener("click", fillWithNo);

  const zone = form.querySelector("input[data-time-zone]");
  if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
})();

// One press is enough: a second one while the first is on its way is not sent.
document.querySelectorAll("form").forEach((form) => {
  form.addEventListener("submit", (event) => {
    // Somebody else (saving, no network) has taken this press over.
    if (event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const button = event.submitter;
    if (button && button.dataset.sending) {
      button.dataset.was = button.textContent;
      button.textContent = button.dataset.sending;
      button.setAttribute("aria-disabled", "true");
    }
  });
  // Back shows the page as it was left: let it be sent again.
  window.addEventListener("pageshow", () => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((button) => {
      button.removeAttribute("aria-disabled");
      if (button.dataset.was) button.textContent = button.dataset.was;
    });
  });
});
