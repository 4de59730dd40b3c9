// Decides a condition of cases.rules.conditions, as its as_data() writes it, exactly as the server does.
(function (scope) {
  "use strict";

  const numberOf = (value) => {
    const given = [].concat(value ?? []);
    if (given.length !== 1) return NaN;
    const text = String(given[0]).trim();
    return /^[+-]?\d+([.,]\d+)?$/.test(text) ? Number(text.replace(",", ".")) : NaN;
  };

  // lookup: name to the answer: a number, a text, a list of texts as a page sends them, or undefined for none.
  // complete: false while the form is being filled in: nothing unanswered is held against it yet.
  const holds = (test, lookup, complete = true) => {
    if ("const" in test) return test.const;
    if (test.all) return test.all.every((part) => holds(part, lookup, complete));
    if (test.any) return test.any.some((part) => holds(part, lookup, complete));
    if (test.not) return !holds(test.not, lookup, complete);
    const value = lookup(test.is || test.between || test.includes || test.blank);
    const given = [].concat(value ?? []);
    if (test.is) return given.some((each) => test.values.includes(each));
    if (test.includes) {
      const chosen = test.values.filter((each) => given.includes(each)).length;
      return chosen >= test.low && (test.high === null || chosen <= test.high);
    }
    if (test.blank) return (complete || test.unfinished) && given.length === 0;
    const number = numberOf(value);
    return !Number.isNaN(number) && (test.low === null || number >= test.low) && (test.high === null || number <= test.high);
  };

  // Whole years, as intake.questionnaire.dates.age_on counts them.
  const ageOn = (year, month, day, on) => {
    const [y, m, d] = [on.getFullYear(), on.getMonth() + 1, on.getDate()];
    return y - year - (m < month || (m === month && d < day) ? 1 : 0);
  };

  // The answers on a page as conditions look them up. valuesOf: input name to the texts given there.
  // facts: what is known and not asked. units: of a number, what each unit it may be given in counts.
  const reading = (valuesOf, { facts = {}, units = {}, on = new Date() } = {}) => (name) => {
    if (name in facts) return facts[name];
    if (name === "age") {
      const born = ["year", "month", "day"].map((part) => numberOf(valuesOf(`date_of_birth-${part}`)));
      return born.some(Number.isNaN) ? undefined : ageOn(...born, on);
    }
    const given = valuesOf(name);
    if (!given.length) return undefined;
    const times = (units[name] || {})[valuesOf(`${name}-unit`)[0]];
    return times && times !== 1 ? Math.round(numberOf(given) * times * 10) / 10 : given;
  };

  // Days since the latest day a date can mean, as intake.questionnaire.dates.latest_date and cases.rules.measures say.
  const daysSince = (valuesOf, name, on) => {
    const [year, month, day] = ["year", "month", "day"].map((part) => numberOf(valuesOf(`${name}-${part}`)));
    if (!(year >= 1900) || (!Number.isNaN(day) && Number.isNaN(month))) return undefined;
    const today = Date.UTC(on.getFullYear(), on.getMonth(), on.getDate());
    const first = Date.UTC(year, (month || 1) - 1, day || 1);
    const last = day ? first : Date.UTC(year, month || 12, 0);
    if (first > today) return undefined;
    return (today - Math.min(last, today)) / 86400000;
  };

  // The worst level of the red flags that the answers meet, as cases.rules.triage finds it; "" for none that stops.
  // told: as cases.rules.alarms publishes them, with the facts and units of `reading`.
  const alarm = (told, valuesOf, { facts = {}, complete = false, on = new Date() } = {}) => {
    const answer = reading(valuesOf, { facts, units: told.units, on });
    const rows = [...Array(told.most_activities).keys()].map((place) => `activities-${place}`);
    const measured = {
      age_years: () => answer("age"),
      impact_increase: () => rows.some((row) => told.impact.includes(valuesOf(`${row}-type`)[0])
        && told.increases.includes(valuesOf(`${row}-recent_change`)[0])) ? "yes" : undefined,
    };
    for (const item of told.history) {
      const had = () => valuesOf("prior_injury_surgery").includes(item);
      const days = () => (had() ? daysSince(valuesOf, `${item}_on`, on) : undefined);
      measured[`${item}_days`] = days;
      measured[`${item}_undated`] = () => (complete && had() && days() === undefined ? "yes" : undefined);
    }
    const lookup = (name) => (measured[name] ? measured[name]() : answer(name));
    const met = told.rules.filter((rule) => holds(rule.when, lookup, complete)).map((rule) => rule.level);
    return told.levels.find((level) => met.includes(level)) || "";
  };

  scope.patellaRules = { holds, reading, alarm };
})(typeof window === "undefined" ? globalThis : window);
