// PromQL about the daemon itself, and the lines that it becomes.
import * as q from './queries.mjs';

export const d = q.daemon;
const R = q.rateInterval;
export const rate = (metric, labels = 'instance') => q.sumRate(metric, d, labels);
export const grown = (metric, labels = 'instance', window = R) =>
  `sum by (${labels}) (increase(${metric}{${d}}[${window}]))`;
export const gauge = (metric, labels = 'instance') => `max by (${labels}) (${metric}{${d}})`;
export const line = (expr, what) => ({ expr, legend: what ? `${what} {{instance}}` : '{{instance}}' });
