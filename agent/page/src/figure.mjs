// A number, what it is measured by, and its last hour as a chart.
import {makeChart} from './chart.mjs';
import {element, setClass, setText} from './dom.mjs';
import {figureSentence} from './figure_kinds.mjs';
import * as format from './format.mjs';

// A cell of a table; `of` takes the row's { times, values, threshold, judged }. Where not judged,
// too little is known for the value to count.
export function makeFigure(kind, of) {
  const value = element('span', {class: 'value'});
  const note = element('span', {class: 'note'});
  let latest = null;
  let pointed = null;  // the index of the point under the pointer
  const chart = makeChart((at) => {
    pointed = at;
    show();
  });
  const node = element(
      'div', {class: 'figure'}, element('div', {class: 'numbers'}, value, note), chart.node);

  function show() {
    const {times, values, threshold, judged} = latest;
    const point = (values[pointed] ?? null) === null ? null : pointed;
    const current = values[point ?? values.length - 1] ?? null;
    const known = threshold !== undefined && current !== null;
    const bad = known && judged && kind.fails(current, threshold);
    setText(value, kind.text(current));
    setClass(value, bad ? 'value bad' : 'value');
    if (point !== null)
      setText(note, `at ${format.clock(times[point] * 1000, Date.now())}`);
    else if (!known)
      setText(note, '');
    else if (!judged)
      setText(note, 'few lookups');
    else
      setText(note, `${bad ? kind.beyond : kind.within} ${kind.text(threshold)}`);
  }

  return {
    node,
    destroy: chart.destroy,
    update(row) {
      latest = of(row);
      const {times, values, threshold, judged} = latest;
      const last = values.at(-1);
      show();
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
