// What range queries answer, as the charts want it. Pure.

// How far back the charts look, and how long they are at least.
export const kLongest = 3600;
export const kShortest = 180;
const kPoints = 120;
const kSmallestStep = 5;

// Which time to ask for, in seconds: up to `now`, an hour, or as long as there is data.
export function rangeOf(now, firstSample) {
  const age = firstSample === undefined ? kLongest : now - firstSample;
  const length = Math.min(kLongest, Math.max(kShortest, age));
  const step = Math.max(kSmallestStep, Math.ceil(length / kPoints));
  const points = Math.floor(length / step);
  const times = Array.from({length: points + 1}, (_, i) => now - (points - i) * step);
  return {start: times[0], end: now, step, times};
}

// The values of a series at these times; null where it has none.
export function aligned(times, values) {
  const at = new Map(values.map(([time, text]) => [Math.round(time * 1000), Number(text)]));
  return times.map((time) => {
    const value = at.get(Math.round(time * 1000));
    return Number.isFinite(value) ? value : null;
  });
}

// A matrix as a map from the key of a series' labels to its aligned values.
export function byKey(matrix, times, keyOf) {
  return new Map(matrix.map(({metric, values}) => [keyOf(metric), aligned(times, values)]));
}

// Hit ratios; null where nobody looked anything up. Misses that are missing count as none.
export function ratios(lookups, misses, length) {
  return Array.from({length}, (_, i) => {
    const all = lookups?.[i] ?? 0;
    return all > 0 ? Math.min(1, Math.max(0, 1 - (misses?.[i] ?? 0) / all)) : null;
  });
}

export function sums(one, other, length) {
  return Array.from({length}, (_, i) => {
    const a = one?.[i] ?? null;
    const b = other?.[i] ?? null;
    return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
  });
}

// The last, lowest and highest value there is.
export function extent(values) {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return null;
  return {
    last: values[values.length - 1],
    lowest: Math.min(...present),
    highest: Math.max(...present),
  };
}

// When the first of several lists has its first value; undefined if none has.
export function firstTime(times, lists) {
  const first = Math.min(...lists.map((values) => {
    const at = values.findIndex((value) => value !== null);
    return at < 0 ? Infinity : times[at];
  }));
  return Number.isFinite(first) ? first : undefined;
}
