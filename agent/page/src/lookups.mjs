// What applications report of their lookups, or the wire tap sees of them, from the daemon's query
// API: who misses most, with the last hour of each.
import {get} from './api.mjs';
import * as promql from './promql.mjs';
import * as series from './series.mjs';
import {effective, readThresholds} from './thresholds.mjs';

export const kMostRows = 15;
// Where no rules sum them up, charts of more series than these would cost the daemon too much.
export const kMostSeries = 5_000;

const kSeconds = 300;  // of the rates
const kNames = ['hit_ratio', 'get_p99', 'min_lookups', 'min_timings'];

const instant = async (query, signal) => (await get('api/v1/query', {query}, signal)).result;

function over({start, end, step}, signal) {
  return async (query) =>
             (await get('api/v1/query_range', {query, start, end, step}, signal)).result;
}

const layerOf = (metric) => metric.layer ?? '';

// { from, view, byTap, count }: the series to ask for, null where there are too many; matchers of
// those that count; whether that is the tap alone; how many series there are.
export async function chooseSource(signal) {
  const [recorded, bySource] = await Promise.all([
    instant(promql.kRecorded.lookups('layer', ''), signal), instant(promql.kSeriesBySource, signal)
  ]);
  const count = bySource.reduce((sum, {value}) => sum + Number(value[1]), 0);
  const view = promql.viewOf(bySource.map(({metric}) => metric.source ?? ''));
  const chosen = {view, byTap: count > 0 && view === '', count};
  if (recorded.length > 0) return {...chosen, from: promql.kRecorded};
  return {...chosen, from: count <= kMostSeries ? promql.kReported : null};
}

// All lookups, of the layer that is asked most: { range, values, first, layer, layers, perSecond },
// where `values` are ratios and `first` is when the history begins.
export async function loadOverall({from, view}, now, firstSample, signal) {
  const load = async (range) => {
    const ask = over(range, signal);
    const [lookups, misses] = (await Promise.all([
                                ask(from.lookups('layer', view)), ask(from.misses('layer', view))
                              ])).map((matrix) => series.byKey(matrix, range.times, layerOf));
    const layers = [...lookups.keys()];
    const total = (layer) => lookups.get(layer).reduce((sum, value) => sum + (value ?? 0), 0);
    const layer = [...layers].sort((a, b) => total(b) - total(a))[0] ?? '';
    return {
      range,
      layer,
      layers,
      values: series.ratios(lookups.get(layer), misses.get(layer), range.times.length),
      perSecond: lookups.get(layer)?.at(-1) ?? 0,
    };
  };
  return closer(load, now, firstSample);
}

// As servers count them.
export async function loadServers(now, firstSample, signal) {
  const load = async (range) => {
    const ask = over(range, signal);
    const [hits, misses] = (await Promise.all([
                             ask(promql.serverLookups('hits')), ask(promql.serverLookups('misses'))
                           ])).map((matrix) => series.byKey(matrix, range.times, () => '').get(''));
    const lookups = series.sums(hits, misses, range.times.length);
    return {
      range,
      layer: '',
      layers: [],
      values: series.ratios(lookups, misses, range.times.length),
      perSecond: lookups.at(-1) ?? 0,
    };
  };
  return closer(load, now, firstSample);
}

// A history of less than an hour is looked at once more, closer.
async function closer(load, now, firstSample) {
  const range = series.rangeOf(now, firstSample);
  const found = await load(range);
  if (firstSample !== undefined) return {...found, first: firstSample};
  const first = series.firstTime(range.times, [found.values]);
  return first === undefined || first - range.start <= range.step ?
      {...found, first} :
      {...await load(series.rangeOf(now, first)), first};
}

// Those whose `label` ("type" or "tenant") contains `filter`, as { rows, total }. A row is { id,
// name, layer, misses, lookups, ratio, p99 }, the last two as figures want them.
export async function loadRows({from, view, label, filter, range}, signal) {
  const group = `${label}, layer`;
  const matchers = promql.every(view, promql.contains(label, filter));
  const top = await instant(promql.mostMisses(from, group, matchers, kMostRows), signal);
  if (top.length === 0) return {rows: [], total: 0};
  const names = [...new Set(top.map(({metric}) => metric[label] ?? ''))];
  const chosen = promql.every(view, promql.oneOf(label, names));
  const keyOf = (metric) => `${layerOf(metric)}\n${metric[label] ?? ''}`;
  const subjectOf = (name) => ({[label]: name});
  const ask = over(range, signal);
  const [lookups, misses, p99, thresholds, count] = await Promise.all([
    ask(from.lookups(group, chosen)),
    ask(from.misses(group, chosen)),
    ask(promql.latencyQuantile(from, 0.99, group, chosen)),
    instant(promql.thresholds(kNames, names.map(subjectOf)), signal),
    instant(promql.howMany(from, label, matchers), signal),
  ]);
  const found = [lookups, misses, p99].map((matrix) => series.byKey(matrix, range.times, keyOf));
  const limits = readThresholds(thresholds);
  const rows = top.map(({metric}) => {
    const name = metric[label] ?? '';
    return rowOf(
        {id: keyOf(metric), name, layer: layerOf(metric)}, found, range.times,
        (threshold) => effective(limits, threshold, subjectOf(name)));
  });
  return {rows, total: Math.max(rows.length, Number(count[0]?.value[1] ?? 0))};
}

function rowOf(subject, [lookups, misses, p99], times, limit) {
  const {id} = subject;
  const perSecond = lookups.get(id)?.at(-1) ?? 0;
  return {
    ...subject,
    misses: (misses.get(id)?.at(-1) ?? 0) * kSeconds,
    lookups: perSecond,
    ratio: {
      times,
      values: series.ratios(lookups.get(id), misses.get(id), times.length),
      threshold: limit('hit_ratio'),
      judged: perSecond * kSeconds >= (limit('min_lookups') ?? 0),
    },
    p99: {
      times,
      values: p99.get(id) ?? times.map(() => null),
      threshold: limit('get_p99'),
      judged: perSecond * kSeconds >= (limit('min_timings') ?? 0),
    },
  };
}

// Without the query API: the last five minutes, with no history. Rows of tenant, type and source.
export async function loadRecent(filter, signal) {
  const {rows, total_rows: total} = await get(
      'api/v1/tenants', {
        sort: 'misses',
        window: '5m',
        limit: kMostRows,
        ...(filter === '' ? {} : {tenant: `*${filter}*`}),
      },
      signal);
  return {
    total,
    rows: rows.map(({layer, source, tenant, type, windows}) => {
      const recent = windows['5m'];
      return {
        id: [layer, source, tenant, type].join('\n'),
        name: tenant,
        type,
        layer,
        source,
        misses: recent.misses,
        lookups: recent.lookups / kSeconds,
        hitRatio: recent.hit_ratio,
        p99: recent.p99_seconds,
      };
    }),
  };
}
