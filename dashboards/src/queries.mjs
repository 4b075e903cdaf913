// PromQL that several dashboards share. All of it reads what the daemon exports, no recorded series:
// so it works on a Prometheus that scrapes the daemon and has no rules, too.

export const rateInterval = '$__rate_interval';

// Label matchers of the variables.
export const server = 'job=~"$job",instance=~"$instance"';
const anySource = 'job=~"$job",layer=~"$layer",type=~"$type",tenant=~"$tenant"';
export const lookup = `${anySource},source=~"$source"`;
export const keyspace =
  'job=~"$job",instance=~"$instance",layer=~"$layer",type=~"$type",tenant=~"$tenant"';
export const daemon = 'job=~"$job",instance=~"$daemon"';

// An operation that is not named is taken for a GET, as the bundled rules do.
export const get = 'operation=~"(?i:get)?"';

const by = (labels) => (labels ? ` by (${labels})` : '');

export const sumRate = (metric, matchers, labels = '', window = rateInterval) =>
  `sum${by(labels)} (rate(${metric}{${matchers}}[${window}]))`;

// What servers said last, by labels.
export const latest = (metric, labels = 'instance') => `max by (${labels}) (${metric}{${server}})`;

// Lookups per second: hits and misses. A series begins with its first event, so either may be missing.
export function lookups(labels = '', { window = rateInterval, matchers = lookup } = {}) {
  const hits = sumRate('cache_hits_total', matchers, labels, window);
  const misses = sumRate('cache_misses_total', matchers, labels, window);
  return `(${hits} + ${misses} or ${hits} or ${misses})`;
}

// The same as each source tells it, whichever is chosen.
const ofSource = (what) => sumRate(`cache_${what}_total`, anySource, 'source');
export const lookupsBySource =
  `${ofSource('hits')} + ${ofSource('misses')} or ${ofSource('hits')} or ${ofSource('misses')}`;

// Bytes of values per second, which the wire tap alone tells: 'in' to the cache and 'out' of it.
export const bytes = (direction, label, at = '') =>
  `sum by (${label}) (rate(cache_bytes_total{${anySource},${label}!="",direction="${direction}"}[${rateInterval}]${at}))`;

// Misses per second; where there are hits alone, there are none.
export function misses(labels = '', { window = rateInterval, matchers = lookup } = {}) {
  const counted = sumRate('cache_misses_total', matchers, labels, window);
  const none = `${sumRate('cache_hits_total', matchers, labels, window)} * 0`;
  return `(${counted} or ${none})`;
}

// Lookups that ended with an error per second, and the share of all that they are: of those that were
// answered none if no error was reported, and all where nothing was answered.
export const errors = (labels = '') =>
  `(${sumRate('cache_errors_total', lookup, labels)} or ${lookups(labels)} * 0)`;
export function errorRatio(labels = '') {
  const failed = sumRate('cache_errors_total', lookup, labels);
  const answered = lookups(labels);
  return `${failed} / (${failed} + ${answered} > 0) or ${failed} / (${failed} > 0) or ${answered} * 0`;
}

export const hitRatio = (labels = '', options = {}) =>
  `1 - ${misses(labels, options)} / (${lookups(labels, options)} > 0)`;

// What servers count. Without our own reads, where those are known.
const corrected = (what, window) =>
  `(rate(redis_keyspace_${what}_corrected_total{${server}}[${window}]) or ` +
  `rate(redis_keyspace_${what}_total{${server}}[${window}]))`;
export const serverHits = (labels, window = rateInterval) =>
  `sum${by(labels)} ${corrected('hits', window)}`;
export const serverLookups = (labels, window = rateInterval) =>
  `(${serverHits(labels, window)} + sum${by(labels)} ${corrected('misses', window)})`;
export const serverHitRatio = (labels, window = rateInterval) =>
  `${serverHits(labels, window)} / (${serverLookups(labels, window)} > 0)`;

// Seconds, of lookups as applications see them.
export const latency = (quantile, labels = '', { matchers = lookup, window = rateInterval } = {}) =>
  `histogram_quantile(${quantile}, sum by (${labels ? `${labels}, ` : ''}le) ` +
  `(rate(cache_latency_seconds_bucket{${matchers},${get}}[${window}])))`;

// Seconds that a command takes inside the server. One without histograms (before Redis 7) has
// percentiles of all the time since its statistics were reset.
export const commandLatency = (quantile, labels, command = '') => {
  const matchers = command ? `${server},cmd="${command}"` : server;
  return (
    `histogram_quantile(${quantile}, sum by (${labels}, le) ` +
    `(rate(redis_commands_latencies_usec_bucket{${matchers}}[${rateInterval}]))) / 1e6`
  );
};

export const watched = `group by (instance) (redis_up{${server}})`;

// What lookups were reported of, for thresholds to be chosen for.
export const reported = (labels, matchers = lookup) =>
  `group by (${labels}) ({__name__=~"cache_(hits|misses)_total",${matchers}})`;

// Thresholds, as the bundled rules choose them: the most specific one counts. `subjects` is an
// expression with the labels that are asked about; `standard` is the default if none is exported.
const exported = (name, matchers) => `hitwatch_threshold{threshold="${name}",${matchers}}`;
const standardOf = (name, standard) =>
  `(max(${exported(name, 'type="",tenant="",instance=""')}) or vector(${standard}))`;

export const threshold = standardOf;
export const thresholdByInstance = (name, standard, subjects) =>
  `(max by (instance) (${exported(name, 'type="",tenant="",instance!=""')}) ` +
  `and on (instance) ${subjects} ` +
  `or ${subjects} * 0 + on () group_left () ${standardOf(name, standard)})`;
export const thresholdByType = (name, standard, subjects) =>
  `(max by (type) (${exported(name, 'type!="",tenant="",instance=""')}) and on (type) ${subjects} ` +
  `or ${subjects} * 0 + on () group_left () ${standardOf(name, standard)})`;
export const thresholdByTypeAndTenant = (name, standard, subjects) =>
  `(max by (type, tenant) (${exported(name, 'type!="",tenant!="",instance=""')}) ` +
  `and on (type, tenant) ${subjects} ` +
  `or ${subjects} * 0 + on (tenant) group_left () ` +
  `max by (tenant) (${exported(name, 'type="",tenant!="",instance=""')}) ` +
  `or ${subjects} * 0 + on (type) group_left () ` +
  `max by (type) (${exported(name, 'type!="",tenant="",instance=""')}) ` +
  `or ${subjects} * 0 + on () group_left () ${standardOf(name, standard)})`;

// Rates by `labels` of the `count` that have the highest at the end, so that lines do not come and go.
export const topRate = (count, metric, matchers, labels) =>
  `${sumRate(metric, matchers, labels)} and on (${labels}) ` +
  `topk(${count}, sum by (${labels}) (rate(${metric}{${matchers}}[${rateInterval}] @ end())))`;
