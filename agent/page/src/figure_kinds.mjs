// What the charts show, and how it is said without a picture. Pure.
import * as format from './format.mjs';
import {extent} from './series.mjs';

// What a figure shows: how it is written, whether less or more is bad, its scale.
export const kHitRatio = {
  title: 'Hit ratio',
  text: format.percent,
  fails: (value, threshold) => value < threshold,
  within: 'target',
  beyond: 'below',
  highest: () => 1.02,  // so that a line at 100 % is seen whole
};
export const kP99 = {
  title: 'p99',
  text: format.latency,
  fails: (value, threshold) => value > threshold,
  within: 'limit',
  beyond: 'above',
  // A threshold that is far away would press the line to the ground.
  highest(values, threshold) {
    const most = Math.max(...values.map((value) => value ?? 0), 1e-9);
    return threshold !== undefined && threshold < 4 * most ? Math.max(most, threshold) * 1.15 :
                                                             most * 1.15;
  },
};

// The figure without its picture.
export function figureSentence(kind, name, {times, values, threshold}) {
  const found = extent(values);
  if (found === null) return `${kind.title} of ${name}: no data.`;
  const minutes = Math.round((times.at(-1) - times[0]) / 60);
  const now = found.last === null ? 'nothing now' : `${kind.text(found.last)} now`;
  const target = threshold === undefined ? '' : `, threshold ${kind.text(threshold)}`;
  return `${kind.title} of ${name} in the last ${minutes} minutes: ${now}, lowest ` +
      `${kind.text(found.lowest)}, highest ${kind.text(found.highest)}${target}.`;
}
