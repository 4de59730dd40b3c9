// Makes the form quicker where there is a script. Without one every page works the same: the server decides again.
(() => {
  "use strict";
  const form = document.querySelector("form[data-step]");
  const summary = document.querySelector(".summary");
  if (summary) summary.focus();
  if (!form) return;

  // The answer to one question on this screen, as the conditions read it: text, a number, a list, or nothing.
  const answer = (name) => {
    const fields = [...form.elements].filter((each) => each.name === name && !each.closest("[hidden]"));
    const ticked = fields.filter((each) => each.checked).map((each) => each.value);
    if (fields.some((each) => each.type === "checkbox")) return ticked;
    if (fields.some((each) => each.type === "radio")) return ticked[0];
    const text = fields.length ? fields[0].value.trim() : "";
    if (text === "") return undefined;
    return /^[+-]?\d+([.,]\d+)?$/.test(text) ? Number(text.replace(",", ".")) : text;
  };

  // One condition of cases.rules.conditions, as its as_data() writes it.
  const holds = (test, prefix) => {
    if ("const" in test) return test.const;
    if (test.all) return test.all.every((part) => holds(part, prefix));
    if (test.any) return test.any.some((part) => holds(part, prefix));
    if (test.not) return !holds(test.not, prefix);
    const value = answer(prefix + (test.is || test.between || test.includes || test.blank));
    const given = [].concat(value === undefined ? [] : value).map(String);
    if (test.is) return given.some((each) => test.values.includes(each));
    if (test.includes) {
      const chosen = test.values.filter((each) => given.includes(each)).length;
      return chosen >= test.low && (test.high === null || chosen <= test.high);
    }
    if (test.blank) return given.length === 0;
    return typeof value === "number" && (test.low === null || value >= test.low) && (test.high === null || value <= test.high);
  };

  const conditional = [...form.querySelectorAll("[data-shown-when]")].map((field) => ({
    field, test: JSON.parse(field.dataset.shownWhen), prefix: field.dataset.prefix || "",
  }));
  const show = () => conditional.forEach(({ field, test, prefix }) => {
    field.hidden = !holds(test, prefix);
    // Tells the server which questions were on the screen.
    field.querySelector("input[name=asked]").disabled = field.hidden;
  });

  const state = document.querySelector("[data-saved]");
  form.addEventListener("change", (event) => {
    const box = event.target;
    if (box.type === "checkbox" && box.checked) {
      // "None of these" and the others exclude each other: the last one touched wins.
      form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(box.name)}"]`).forEach((other) => {
        if (other !== box && (box.dataset.alone || other.dataset.alone)) other.checked = false;
      });
    }
    show();
    if (state) state.textContent = state.dataset.unsaved;
  });
  show();

  const noToAll = form.querySelector("button[name=no_to_all]");
  if (noToAll) {
    noToAll.addEventListener("click", (event) => {
      event.preventDefault();
      form.querySelectorAll("[data-nothing]").forEach((group) => {
        if (group.closest("[hidden]") || group.querySelector("input:checked")) return;
        const none = group.querySelector(`input[value="${CSS.escape(group.dataset.nothing)}"]`);
        if (none) none.checked = true;
      });
      form.dispatchEvent(new Event("change"));
      form.querySelector("[data-continue]").focus();
    });
  }

  const zone = form.querySelector("input[data-time-zone]");
  if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
})();

// One press is enough: a second one while the first is on its way is not sent.
document.querySelectorAll("form").forEach((form) => {
  form.addEventListener("submit", (event) => {
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
