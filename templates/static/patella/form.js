// Makes the form quicker where there is a script. Without one every page works the same: the server decides again.
(() => {
  "use strict";
  const form = document.querySelector("form[data-step]");
  const summary = document.querySelector(".summary");
  if (summary) summary.focus();
  if (!form) return;
  let facts = {};

  // The answer to one question on this page, as the conditions read it: text, a number, a list, or nothing.
  const answer = (name) => {
    if (name === "age" && !("age" in facts)) return age();
    if (name in facts) return facts[name];
    const fields = [...form.elements].filter((each) => each.name === name && !each.closest(".field[hidden]"));
    const ticked = fields.filter((each) => each.checked).map((each) => each.value);
    if (fields.some((each) => each.type === "checkbox")) return ticked.length ? ticked : undefined;
    if (fields.some((each) => each.type === "radio")) {
      return ticked.length && fields[0].closest(".scale") ? Number(ticked[0]) : ticked[0];
    }
    const text = fields.length ? fields[0].value.trim() : "";
    if (text === "") return undefined;
    return /^[+-]?\d+([.,]\d+)?$/.test(text) ? Number(text.replace(",", ".")) : text;
  };
  const age = () => {
    const [year, month, day] = ["year", "month", "day"].map((part) => answer(`date_of_birth-${part}`));
    if (!year || !month || !day) return undefined;
    return window.patellaRules.ageOn(year, month, day, new Date());
  };

  const conditional = [...form.querySelectorAll("[data-shown-when]")].map((field) => ({
    field, test: JSON.parse(field.dataset.shownWhen), prefix: field.dataset.prefix || "",
  }));
  const show = () => conditional.forEach(({ field, test, prefix }) => {
    field.hidden = !window.patellaRules.holds(test, (name) => answer(prefix + name));
    // Tells the server which questions were on the screen.
    field.querySelector("input[name=asked]").disabled = field.hidden;
  });

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
