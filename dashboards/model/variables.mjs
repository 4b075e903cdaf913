// Fills the variables in, as Grafana does for a Prometheus data source: a variable that may have
// several values becomes part of a regular expression, its "All" the value that stands for all.

// The units that Grafana's intervals have, in seconds.
const unitSeconds = {ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000};

// "1m30s" in seconds; undefined if it is no duration.
export function secondsOf(text) {
  if (!/^(\d+(ms|s|m|h|d|w|y))+$/.test(text ?? '')) return undefined;
  return [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
      (sum, [, number, unit]) => sum + number * unitSeconds[unit], 0);
}

function duration(seconds) {
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))}ms`;
  const whole = Math.round(seconds);
  for (const unit of ['d', 'h', 'm']) {
    if (whole % unitSeconds[unit] === 0) return `${whole / unitSeconds[unit]}${unit}`;
  }
  return `${whole}s`;
}

// The widths that Grafana rounds to, in seconds, each used from the midpoint to the one before on.
const stepWidths = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200,
                86400];

// The distance of two points of a graph: the range over the width in pixels, but no less than `least`.
export function stepOf(range, points, least) {
  const exact = range / points;
  if (exact <= least) return least;
  const at = stepWidths.findIndex((step, index) => exact < (step + (stepWidths[index + 1] ?? step)) / 2);
  return Math.max(least, at < 0 ? stepWidths.at(-1) : stepWidths[at]);
}

// Grafana's own variables. `from` and `to` are in seconds; `step` is the distance of points, `scrape`
// the data source's interval or the one that the query sets.
export function builtIn({from, to, step, scrape}) {
  const rate = Math.max(step + scrape, 4 * scrape);
  const range = to - from;
  return {
    __interval: duration(step),
    __interval_ms: String(Math.round(step * 1000)),
    __rate_interval: duration(rate),
    __rate_interval_ms: String(Math.round(rate * 1000)),
    __range: duration(Math.round(range)),
    __range_s: String(Math.round(range)),
    __range_ms: String(Math.round(range * 1000)),
    __from: String(Math.round(from * 1000)),
    __to: String(Math.round(to * 1000)),
  };
}

const asText = (value) => value.replaceAll('\\', '\\\\').replaceAll("'", "\\\\'");
const asPattern = (value) =>
  value.replaceAll('\\', '\\\\\\\\').replace(/[$^*{}[\]'+?.()|-]/g, '\\\\$&');

// What stands for a variable in a query: `value` is a text, or a list of them when several are chosen.
// {raw: true} marks the value for "All" that the dashboard gives, which is taken as it is.
function inQuery({value, several, raw}) {
  if (raw) return value;
  if (!several) return asText(String(value));
  const values = [value].flat().map(asPattern);
  return values.length === 1 ? values[0] : `(${values.join('|')})`;
}

const formats = {
  raw: (values) => values.join(','),
  csv: (values) => values.join(','),
  pipe: (values) => values.join('|'),
  regex: (values) => {
    const escaped = values.map((value) => value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&'));
    return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
  },
  text: (values) => values.join(' + '),
  queryparam: (values, name) =>
    values.map((value) => `var-${name}=${encodeURIComponent(value)}`).join('&'),
  percentencode: (values) => encodeURIComponent(values.join(',')),
};

// `text` with $name, ${name}, ${name:format} and [[name]] replaced. `chosen` maps the names of the
// dashboard's variables to {value, several, raw}, `own` has Grafana's. What neither knows stays, and its
// name is added to `unknown`, if given.
export function fillIn(text, chosen, own, unknown = undefined) {
  return text.replace(
      /\$(\w+)|\[\[(\w+)(?::(\w+))?\]\]|\$\{(\w+)(?:\.[^:^}]+)?(?::([^}]+))?\}/g,
      (whole, plain, square, squareFormat, braced, bracedFormat) => {
        const name = plain ?? square ?? braced;
        const format = squareFormat ?? bracedFormat;
        if (own[name] !== undefined) return own[name];
        const choice = chosen[name];
        if (choice === undefined) {
          unknown?.add(name);
          return whole;
        }
        if (format === undefined) return inQuery(choice);
        if (choice.raw && format !== 'queryparam') return choice.value;
        return (formats[format] ?? formats.raw)([choice.value].flat(), name);
      });
}

// The choice of "All" among `options`.
export function allOf(variable, options) {
  return variable.allValue ? {value: variable.allValue, several: true, raw: true}
                           : {value: options, several: true};
}

// The choice of `value`.
export function oneOf(variable, value) {
  return {value, several: Boolean(variable.multi || variable.includeAll)};
}

// What a variable's regex leaves of its options, their values in the order of their texts if it sorts them.
export function optionsOf(variable, values) {
  const pattern = /^\/([^]*)\/([gimsu]*)$/.exec(variable.regex ?? '');
  let kept = values.map((value) => ({text: value, value}));
  if (variable.regex) {
    const regex = pattern ? new RegExp(pattern[1], pattern[2].replace('g', ''))
                          : new RegExp(variable.regex);
    kept = values.map((value) => regex.exec(value)).filter(Boolean).map((found) => {
      const {text, value} = found.groups ?? {};
      const whole = found[1] ?? found[0];
      return {text: text ?? value ?? whole, value: value ?? text ?? whole};
    });
  }
  if (variable.sort) kept.sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)));
  return [...new Set(kept.map(({value}) => value))];
}
