// Decides a condition of cases.rules.conditions, as its as_data() writes it, exactly as the server does.
(function (scope) {
  "use strict";

  // lookup: name to the answer as stored: text, a number, a list of texts, or undefined for none.
  const holds = (test, lookup) => {
    if ("const" in test) return test.const;
    if (test.all) return test.all.every((part) => holds(part, lookup));
    if (test.any) return test.any.some((part) => holds(part, lookup));
    if (test.not) return !holds(test.not, lookup);
    const value = lookup(test.is || test.between || test.includes || test.blank);
    const given = [].concat(value === undefined || value === null ? [] : value);
    if (test.is) return given.some((each) => test.values.includes(each));
    if (test.includes) {
      const chosen = test.values.filter((each) => given.includes(each)).length;
      return chosen >= test.low && (test.high === null || chosen <= test.high);
    }
    if (test.blank) return given.length === 0;
    return typeof value === "number" && (test.low === null || value >= test.low) && (test.high === null || value <= test.high);
  };

  // Whole years, as intake.questionnaire.dates.age_on counts them.
  const ageOn = (year, month, day, on) => {
    const [y, m, d] = [on.getFullYear(), on.getMonth() + 1, on.getDate()];
    return y - year - (m < month || (m === month && d < day) ? 1 : 0);
  };

  // Of a list of questions in order: the names of those asked. A condition sees only answers to questions asked.
  const asked = (questions, answers, facts, on) => {
    const seen = { ...facts };
    const names = [];
    for (const question of questions) {
      if (question.staff_only || (question.shown_when && !holds(question.shown_when, (name) => seen[name]))) continue;
      names.push(question.name);
      const value = answers[question.name];
      if (value === undefined || value === null) continue;
      seen[question.name] = value;
      if (question.kind === "birth_date") seen.age = ageOn(...value.split("-").map(Number), on);
    }
    return names;
  };

  scope.patellaRules = { holds, ageOn, asked };
})(typeof window === "undefined" ? globalThis : window);
