// The queries of the page. Pure. Names come from applications and may be any text, so they are
// quoted here and nowhere else.

// Over which time ratios and quantiles are taken: as the bundled rules do.
const kWindow = '[5m]';

// A PromQL string. Control characters as hexadecimal escapes, the rest is UTF-8.
export function quoted(text) {
  const escaped = text.replace(/[\\"]/g, '\\$&')
                      .replace(/\n/g, '\\n')
                      .replace(
                          /[\u0000-\u001f\u007f]/g,
                          (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
}

// Of RE2: matches just this text.
export function literal(text) {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

// `label=~"a|b"`: is one of the texts.
export function oneOf(label, texts) {
  return `${label}=~${quoted(texts.map(literal).join('|'))}`;
}

// `label=~"(?is).*a.*"`: contains the text, in any case. "" for no text: everything.
export function contains(label, text) {
  return text === '' ? '' : `${label}=~${quoted(`(?is).*${literal(text)}.*`)}`;
}

// Of GET; an operation that is not named is taken for one, as in the bundled rules.
const kGet = 'operation=~"(?i:get)?"';

// The series of lookups, misses and timings a second. What applications report, each query sums up
// anew; `group` are the labels that stay apart, `matchers` may be "".
const reported = {
  lookups(group, matchers) {
    const [hits, misses] = ['hits', 'misses'].map(
        (kind) => `sum by (${group}) (rate(cache_${kind}_total{${matchers}}${kWindow}))`);
    return `(${hits} + ${misses} or ${hits} or ${misses})`;
  },
  misses: (group, matchers) =>
      `sum by (${group}) (rate(cache_misses_total{${matchers}}${kWindow}))`,
  buckets(group, matchers) {
    const all = matchers === '' ? kGet : `${kGet},${matchers}`;
    return `sum by (${group}, le) (rate(cache_latency_seconds_bucket{${all}}${kWindow}))`;
  },
};

// The bundled rules keep these sums, so that 10,000 tenants cost little to ask about.
const recorded = {
  lookups: (group, matchers) =>
      `sum by (${group}) (${level(group)}:cache_lookups:rate5m{${matchers}})`,
  misses: (group, matchers) =>
      `sum by (${group}) (${level(group)}:cache_misses:rate5m{${matchers}})`,
  buckets: (group, matchers) => `sum by (${group}, le) (` +
      `${level(group)}_le:cache_get_latency_seconds_bucket:rate5m{${matchers}})`,
};

function level(group) {
  return group.includes('tenant') ? 'layer_type_tenant_source' : 'layer_type_source';
}

// Which of the two, for the queries below.
export const kReported = reported;
export const kRecorded = recorded;

// Who misses most, `count` of them: misses a second, 0 for those that only hit.
export function mostMisses(from, group, matchers, count) {
  return `topk(${count}, ${from.misses(group, matchers)} or ${from.lookups(group, matchers)} * 0)`;
}

export function latencyQuantile(from, quantile, group, matchers) {
  return `histogram_quantile(${quantile}, ${from.buckets(group, matchers)})`;
}

// How many there are of a label's values.
export function howMany(from, label, matchers) {
  return `count(${from.lookups(label, matchers)})`;
}

// How many series lookups have, by who tells of them.
export const kSeriesBySource = 'count by (source) ({__name__=~"cache_(hits|misses)_total"})';

// Applications and the wire tap see the same lookups, which must not be added up: what applications
// report counts, if any does. Matchers.
export function viewOf(sources) {
  return sources.some((source) => source !== 'tap') ? 'source!="tap"' : '';
}

// What all of the matchers match, of which some may be "".
export function every(...matchers) {
  return matchers.filter((text) => text !== '').join(',');
}

// As the servers count them, without the daemon's own looks where those are known.
export function serverLookups(kind) {
  return `sum(rate(redis_keyspace_${kind}_corrected_total${kWindow}) or ` +
      `rate(redis_keyspace_${kind}_total${kWindow}))`;
}

// The thresholds of these names that may be meant for one of the subjects.
export function thresholds(names, subjects) {
  const labels = ['type', 'tenant', 'instance'].map((label) => {
    const values = new Set(subjects.map((subject) => subject[label] ?? ''));
    values.delete('');
    return oneOf(label, ['', ...[...values].sort()]);
  });
  return `hitwatch_threshold{${[oneOf('threshold', names), ...labels].join(',')}}`;
}
