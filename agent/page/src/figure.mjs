// A number, what it is measured by, and its last hour as a chart.
import { makeChart } from "./chart.mjs";
import { element, setClass, setText } from "./dom.mjs";
import * as format from "./format.mjs";
import { extent } from "./series.mjs";

// What a figure shows: how it is written, whether less or more is bad, its scale.
export const kHitRatio = {
  title: "Hit ratio",
  text: format.percent,
  fails: (value, threshold) => value < threshold,
  within: "target",
  beyond: "below",
  highest: () => 1.02, // so that a line at 100 % is seen whole
};
export const kP99 = {
  title: "p99",
  text: format.latency,
  fails: (value, threshold) => value > threshold,
  within: "limit",
  beyond: "above",
  // A threshold that is far away would press the line to the ground.
  highest(values, threshold) {
    const most = Math.max(...values.map((value) => value ?? 0), 1e-9);
    return threshold !== undefined && threshold < 4 * most ? Math.max(most, threshold) * 1.15
      : most * 1.15;
  },
};

// The figure without its picture.
export function figureSentence(kind, name, { times, values, threshold }) {
  const found = extent(values);
  if (found === null) return `${kind.title} of ${name}: no data.`;
  const minutes = Math.round((times.at(-1) - times[0]) / 60);
  const now = found.last === null ? "nothing now" : `${kind.text(found.last)} now`;
  const target = threshold === undefined ? "" : `, threshold ${kind.text(threshold)}`;
  return `${kind.title} of ${name} in the last ${minutes} minutes: ${now}, lowest ` +
    `${kind.text(found.lowest)}, highest ${kind.text(found.highest)}${target}.`;
}

// A cell of a table; `of` takes the row's { times, values, threshold, judged }. Where not judged, too
// little is known for the value to count.
export function makeFigure(kind, of) {
  const value = element("span", { class: "value" });
  const note = element("span", { class: "note" });
  let latest = null;
  const chart = makeChart((at) => show(at));
  const node = element("div", { class: "figure" }, element("div", { class: "numbers" }, value, note),
    chart.node);

  function show(at) {
    const { times, values, threshold, judged } = latest;
    const point = at === null || values[at] === null ? null : at;
    const current = values[point ?? values.length - 1] ?? null;
    const known = threshold !== undefined && current !== null;
    const bad = known && judged && kind.fails(current, threshold);
    setText(value, kind.text(current));
    setClass(value, bad ? "value bad" : "value");
    if (point !== null) setText(note, `at ${format.clock(times[point] * 1000, Date.now())}`);
    else if (!known) setText(note, "");
    else if (!judged) setText(note, "few lookups");
    else setText(note, `${bad ? kind.beyond : kind.within} ${kind.text(threshold)}`);
  }

  return {
    node,
    destroy: chart.destroy,
    update(row) {
      latest = of(row);
      const { times, values, threshold, judged } = latest;
      const last = values.at(-1);
      show(null);
      chart.update({
        times,
        values,
        threshold,
        highest: kind.highest(values, threshold),
        bad: judged && threshold !== undefined && last !== null && kind.fails(last, threshold),
        sentence: figureSentence(kind, row.name, latest),
      });
    },
  };
}
