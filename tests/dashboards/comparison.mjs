// Whether two servers that saw the same thing answer the same.
//
// Neither sees it at the same moment: the daemon polls once a second, and up to a second later
// Prometheus scrapes what that poll found. So their answers for one moment differ by what happens
// within two seconds, which for a counter at work is more than any tolerance in per cent. Both are asked
// for the seconds around that moment instead. Series that one has all the while must be there in the
// other's at least once, and the values one passes through must meet those of the other, with room for
// what the edges of a range of 20 samples can do: one sample in 20 on each side.
const relativeRoom = 0.1;
// Of what is a fraction or a handful, such as a ratio that is nearly nothing.
const leastRoom = 0.02;

const identity = ({metric}) => JSON.stringify(Object.entries(metric).sort());

// The series of `answer` in the `times`: {name: {points, least, most}}.
function seen(answer, times) {
  const found = new Map();
  for (const series of answer) {
    const values = series.values.filter(([time]) => times.includes(time)).map(([, text]) => Number(
        text.replace('Inf', 'Infinity')));
    if (!values.length) continue;
    const numbers = values.filter((value) => !Number.isNaN(value));
    found.set(identity(series), {
      points: values.length,
      numbers: numbers.length,
      least: Math.min(...numbers),
      most: Math.max(...numbers),
    });
  }
  return found;
}

const shown = (name) => `{${JSON.parse(name).map(([label, value]) => `${label}="${value}"`).join(', ')}}`;

// How far apart two looks at the same age are: it falls to nothing at each poll, once a second, and
// each server looks at a point of its own in between. So does what is exported as the time of the last.
const ageRoom = 1.1;
export function roomOf(text) {
  // Of two samples alone, a second apart: what happened in one second is in no relation to the next.
  if (/\birate\(/.test(text)) return Infinity;
  return /_(age|timestamp)_seconds\b/.test(text) ? ageRoom : 0;
}

function meet(one, other, more) {
  if (one.numbers === 0 || other.numbers === 0) {
    // No number all the while in one: the other must have said so at least once.
    return one.numbers < one.points && other.numbers < other.points;
  }
  const size = Math.max(...[one.least, one.most, other.least, other.most].filter(Number.isFinite)
    .map(Math.abs), 0);
  const room = Math.max(relativeRoom * size, Math.min(leastRoom, size)) + more;
  return one.least - room <= other.most && other.least - room <= one.most;
}

// What differs between the daemon's and Prometheus' answers at `times`, as sentences. `more`: further
// room for values.
export function differences(daemon, prometheus, times, more = 0) {
  if (more === Infinity) return [];
  const sides = [['the daemon', seen(daemon, times)], ['Prometheus', seen(prometheus, times)]];
  const found = [];
  for (const [[mine, have], [theirs, others]] of [sides, [...sides].reverse()]) {
    for (const [name, series] of have) {
      if (series.points === times.length && !others.has(name)) {
        found.push(`only ${mine} has ${shown(name)}, ${theirs} does not`);
      }
    }
  }
  for (const [name, ours] of sides[0][1]) {
    const theirs = sides[1][1].get(name);
    if (theirs && !meet(ours, theirs, more)) {
      found.push(`${shown(name)} is ${ours.least} to ${ours.most} in the daemon, ${theirs.least} to ` +
                 `${theirs.most} in Prometheus`);
    }
  }
  return found;
}

// Whether there is anything to draw.
export function hasData(answer) {
  return answer.some(({values}) => values.some(([, text]) => Number.isFinite(Number(text))));
}
