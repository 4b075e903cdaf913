// The parts of the status page that need no browser.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {countAlerts, historyOf, inOrder, ruleOf, whyText} from '../../agent/page/src/alerts.mjs';
import {changes, spoken} from '../../agent/page/src/announcer.mjs';
import {figureSentence, kHitRatio, kP99} from '../../agent/page/src/figure_kinds.mjs';
import * as format from '../../agent/page/src/format.mjs';
import {headlineText} from '../../agent/page/src/headline.mjs';
import {messageText, progressText} from '../../agent/page/src/notifications.mjs';
import * as promql from '../../agent/page/src/promql.mjs';
import {makeRefresher} from '../../agent/page/src/refresh.mjs';
import {behindText, roleText, rowsOf, stateOf} from '../../agent/page/src/replication.mjs';
import * as series from '../../agent/page/src/series.mjs';
import {aboutText} from '../../agent/page/src/slow.mjs';
import {sorted} from '../../agent/page/src/table.mjs';
import {offText, trustText} from '../../agent/page/src/tap.mjs';
import {detailText} from '../../agent/page/src/targets.mjs';
import {effective, readThresholds, thresholdsIn, thresholdText} from '../../agent/page/src/thresholds.mjs';

test('numbers are as long as they need to be', () => {
  const cases = [
    [0, '0'], [0.01234, '0.012'], [1.26, '1.3'], [99.94, '99.9'], [1234.5, '1,235'],
    [12_345, '12.3 k'], [2_500_000, '2.5 M'], [null, '–'], [NaN, '–'], [undefined, '–']
  ];
  for (const [value, text] of cases) assert.equal(format.number(value), text);
});

test('what is not everything is never shown as 100 %', () => {
  assert.equal(format.percent(1), '100 %');
  assert.equal(format.percent(0.99999), '99.9 %');
  assert.equal(format.percent(0.8415), '84.2 %');
  assert.equal(format.percent(null), '–');
});

test('times are in the unit that fits', () => {
  const cases = [
    [0, '0 s'], [0.00042, '420 µs'], [0.0009996, '1 ms'], [0.0125, '13 ms'], [1.25, '1.3 s'],
    [180, '3 min']
  ];
  for (const [seconds, text] of cases) assert.equal(format.latency(seconds), text);
  const long = [
    [0.4, '0 s'], [59, '59 s'], [61, '1 min 1 s'], [3725, '1 h 2 min'], [90000, '1 d 1 h'],
    [-5, '0 s']
  ];
  for (const [seconds, text] of long) assert.equal(format.duration(seconds), text);
});

test('a time of another day has its date', () => {
  const noon = new Date(2026, 4, 3, 12, 1, 2).getTime();
  assert.equal(format.clock(noon, noon + 1000), '12:01:02');
  assert.equal(format.clock(noon, noon + 86_400_000), '2026-05-03 12:01:02');
});

test('names cannot leave the query they are put into', () => {
  assert.equal(promql.quoted('a"}) or vector(1) #\\'), '"a\\"}) or vector(1) #\\\\"');
  assert.equal(promql.quoted('a\nb\0'), '"a\\nb\\x00"');
  assert.equal(promql.oneOf('tenant', ['a.b', 'c|d', '']), 'tenant=~"a\\\\.b|c\\\\|d|"');
  assert.equal(promql.contains('tenant', 'A+'), 'tenant=~"(?is).*A\\\\+.*"');
  assert.equal(promql.contains('tenant', ''), '');
});

test('queries of rows are bounded and read what rules have summed up where they can', () => {
  assert.equal(
      promql.mostMisses(promql.kRecorded, 'tenant, layer', '', 15),
      'topk(15, sum by (tenant, layer) (layer_type_tenant_source:cache_misses:rate5m{}) or ' +
          'sum by (tenant, layer) (layer_type_tenant_source:cache_lookups:rate5m{}) * 0)');
  assert.match(
      promql.latencyQuantile(promql.kRecorded, 0.99, 'type, layer', ''),
      /^histogram_quantile\(0\.99, sum by \(type, layer, le\) \(layer_type_source_le:/);
  assert.match(
      promql.latencyQuantile(promql.kReported, 0.99, 'type, layer', 'type="x"'),
      /cache_latency_seconds_bucket\{operation=~"\(\?i:get\)\?",type="x"\}\[5m\]/);
});

test('what applications report and what the tap sees is not added up', () => {
  assert.equal(promql.viewOf(['statsd', 'tap']), 'source!="tap"');
  assert.equal(promql.viewOf(['tap']), '');
  assert.equal(promql.viewOf([]), '');
  assert.equal(promql.every('source!="tap"', '', 'a="b"'), 'source!="tap",a="b"');
});

test('thresholds are asked for those who are shown, and for everybody', () => {
  assert.equal(
      promql.thresholds(['hit_ratio'], [{tenant: 'b'}, {tenant: 'a'}]),
      'hitwatch_threshold{threshold=~"hit_ratio",type=~"",tenant=~"|a|b",instance=~""}');
});

test('the most specific threshold holds', () => {
  const all = readThresholds([
    [{}, '0.8'],
    [{type: 'session'}, '0.95'],
    [{tenant: 'acme'}, '0.9'],
    [{tenant: 'acme', type: 'session'}, '0.5'],
  ].map(([labels, value]) => ({metric: {threshold: 'hit_ratio', ...labels}, value: [0, value]})));
  assert.equal(effective(all, 'hit_ratio', {tenant: 'globex', type: 'catalog'}), 0.8);
  assert.equal(effective(all, 'hit_ratio', {tenant: 'globex', type: 'session'}), 0.95);
  assert.equal(effective(all, 'hit_ratio', {tenant: 'acme', type: 'catalog'}), 0.9);
  assert.equal(effective(all, 'hit_ratio', {tenant: 'acme', type: 'session'}), 0.5);
  assert.equal(effective(all, 'hit_ratio', {tenant: 'acme'}), 0.9);
  assert.equal(effective(all, 'get_p99', {}), undefined);
});

test('a threshold is written in its unit', () => {
  assert.equal(thresholdText('hit_ratio', 0.8), '80 %');
  assert.equal(thresholdText('get_p99', 0.01), '10 ms');
  assert.equal(thresholdText('output_buffer', 67108864), '64 MiB');
  assert.equal(thresholdText('evictions', 10), '10');
  assert.deepEqual(
      thresholdsIn('a < b{threshold="hit_ratio"} and c{threshold="hit_ratio"}'), ['hit_ratio']);
});

test('the history is an hour, or as long as there is one', () => {
  const hour = series.rangeOf(10_000, undefined);
  assert.deepEqual([hour.start, hour.end, hour.step, hour.times.length], [6400, 10_000, 30, 121]);
  assert.equal(series.rangeOf(10_000, 9_000).start, 9_001);
  const young = series.rangeOf(10_000, 9_990);
  assert.deepEqual([young.start, young.step], [9_820, 5]);
});

test('values are put at their times, and gaps stay gaps', () => {
  const times = [10, 20, 30];
  assert.deepEqual(series.aligned(times, [[10, '1'], [30, 'NaN']]), [1, null, null]);
  assert.deepEqual(series.ratios([10, 0, null], [2, 0, null], 3), [0.8, null, null]);
  assert.deepEqual(series.ratios([4, 4, 4], undefined, 3), [1, 1, 1]);
  assert.deepEqual(series.sums([1, null, null], [2, 3, null], 3), [3, 3, null]);
  assert.equal(series.firstTime(times, [[null, 1, 1], [null, null, 1]]), 20);
  assert.equal(series.firstTime(times, [[null, null, null]]), undefined);
});

test('a chart is told in a sentence', () => {
  const figure = {times: [0, 60, 120], values: [0.9, null, 0.7], threshold: 0.8};
  assert.equal(
      figureSentence(kHitRatio, 'acme', figure),
      'Hit ratio of acme in the last 2 minutes: 70 % now, lowest 70 %, highest 90 %, threshold 80 %.');
  assert.equal(figureSentence(kP99, 'acme', {times: [0], values: [null]}), 'p99 of acme: no data.');
});

test('a threshold far above the values does not press them to the ground', () => {
  assert.ok(kP99.highest([0.001, null], 0.01) < 0.002);
  assert.ok(kP99.highest([0.005], 0.01) > 0.01);
});

const alert = (name, state, more = {}) => ({
  labels: {alertname: name, ...more.labels},
  annotations: {},
  state,
  value: '4e-01',
  activeAt: more.activeAt ?? '2026-01-01T00:00:00Z',
});

test('alerts come in the order of their weight', () => {
  const ordered =
      inOrder([
        alert('watchdog', 'firing', {labels: {severity: 'none'}}),
        alert('pending', 'pending', {labels: {severity: 'critical'}}),
        alert('old', 'firing', {labels: {severity: 'warning'}}),
        alert('new', 'firing', {labels: {severity: 'warning'}, activeAt: '2026-01-02T00:00:00Z'}),
        alert('critical', 'firing', {labels: {severity: 'critical'}}),
      ]).map(({labels}) => labels.alertname);
  assert.deepEqual(ordered, ['critical', 'new', 'old', 'pending', 'watchdog']);
});

test('what fires on purpose is not counted', () => {
  assert.deepEqual(
      countAlerts([
        {state: 'firing', severity: 'none', alerts: 1},
        {state: 'firing', severity: 'page', alerts: 2}, {state: 'pending', severity: '', alerts: 3}
      ]),
      {firing: 2, pending: 3});
});

test('an alert finds its rule, its threshold and its history', () => {
  const labels = {alertname: 'Low', severity: 'page'};
  const rule = {
    name: 'Low',
    labels: {severity: 'page'},
    query: 'a < b{threshold="hit_ratio"}',
    evaluations: [
      {time: 't2'}, {
        time: 't1',
        changes: [
          {labels, from: 'pending', to: 'firing', reason: 'held'},
          {labels: {...labels, tenant: 'x'}, from: 'inactive', to: 'pending', reason: ''}
        ]
      }
    ]
  };
  const other = {name: 'Low', labels: {severity: 'warning'}, query: 'other'};
  const one = alert('Low', 'firing', {labels});
  assert.equal(ruleOf(one, [other, rule]), rule);
  assert.deepEqual(
      historyOf(one, rule), [{time: 't1', from: 'pending', to: 'firing', reason: 'held'}]);
  const thresholds = readThresholds([{metric: {threshold: 'hit_ratio'}, value: [0, '0.8']}]);
  assert.equal(whyText(one, rule, thresholds), 'value 0.4 · hit_ratio 80 %');
  assert.equal(whyText(one, undefined, []), 'value 0.4');
});

test('the headline says the worst, or that all is well', () => {
  const well = {
    targets: {states: {up: 2, down: 0, partial: 0, unknown: 0}},
    alerts: {counts: []},
    dead: {total: 0}
  };
  assert.equal(headlineText(well), 'All is well: both targets answer, and nothing is firing.');
  assert.equal(
      headlineText({
        ...well,
        targets: {states: {up: 1, down: 1, partial: 1, unknown: 0}},
        alerts: {counts: [{state: 'firing', severity: '', alerts: 1}]},
        dead: {total: 2}
      }),
      '1 alert is firing, 1 of 3 targets is down, 1 target answers in part and 2 notifications were ' +
          'given up.');
  assert.equal(headlineText({...well, replication: {problems: 2}}), 'Replication has 2 problems.');
  assert.equal(headlineText({...well, targets: {states: {}}}), 'Nothing is watched yet.');
  assert.equal(
      headlineText({...well, targets: {states: {up: 0, unknown: 3}}}),
      'The first poll is under way.');
  assert.equal(headlineText({}), 'How your caches are');
});

test('rows without a value come last, and equal ones stay where they were', () => {
  const rows = [{v: 1}, {v: null}, {v: 3, a: 1}, {v: 3, a: 2}];
  assert.deepEqual(sorted(rows, ({v}) => v, true), [rows[2], rows[3], rows[0], rows[1]]);
  assert.deepEqual(sorted(rows, ({v}) => v, false), [rows[0], rows[2], rows[3], rows[1]]);
  assert.deepEqual(sorted([{n: 'b'}, {n: 'a'}], ({n}) => n, false), [{n: 'a'}, {n: 'b'}]);
});

test('targets, commands and messages say what there is to know', () => {
  const target = {
    error: null,
    state: 'up',
    role: 'master',
    version: '7.0.15',
    mode: 'cluster',
    unavailable: {slowlog: 'NOPERM'}
  };
  assert.equal(detailText(target), 'master · version 7.0.15 · cluster · refuses slowlog');
  assert.equal(detailText({...target, state: 'unknown'}), 'has not been polled yet');
  assert.equal(detailText({...target, error: {text: 'connection refused'}}), 'connection refused');
  assert.equal(
      aboutText({target: 'a', type: '', tenant: 'acme', client: '1.2.3.4:5', clientName: 'web'}),
      'a · acme · from web (1.2.3.4:5)');
  assert.equal(
      messageText({status: 'firing', alerts: 2, groupLabels: {a: '"'}}),
      '2 alerts firing · a="\\""');
  const now = Date.parse('2026-01-01T00:10:00Z');
  const waiting = {
    state: 'pending',
    attempts: 3,
    createdAt: '2026-01-01T00:00:00Z',
    nextAttempt: '2026-01-01T00:10:30Z'
  };
  assert.equal(progressText(waiting, now), '3 attempts in 10 min, next attempt in 30 s');
  assert.equal(
      progressText({...waiting, nextAttempt: undefined}, now),
      '3 attempts in 10 min, on its way now');
});

test('the wire tap says how much it sees, or why it sees nothing', () => {
  assert.equal(
      trustText({name: 'a', coverage: 1.0002, disagreement: 0}),
      'a: 100 % of commands seen, hits and misses differ by 0 %');
  assert.equal(
      trustText({name: 'a', coverage: null, disagreement: null}), 'a: nothing to compare with yet');
  assert.match(
      offText({enabled: false, off: 'tap.enabled is false'}),
      /^The wire tap is off\..*CAP_NET_RAW/);
  assert.equal(
      offText({enabled: true, off: 'no rights'}),
      'The wire tap is on and cannot capture: no rights.');
});

test('only what has changed is said, and not too much of it', () => {
  const round = (state, alerts) => ({targets: {targets: [{name: 'a', state}]}, alerts: {alerts}});
  assert.deepEqual(changes({}, round('up', [])), []);
  assert.deepEqual(changes(round('up', []), round('up', [])), []);
  assert.deepEqual(
      changes(round('up', [alert('X', 'firing')]), round('down', [alert('Y', 'firing')])),
      ['Target a is down.', 'Alert: Y.', 'No longer firing: X.']);
  assert.equal(spoken(['a.', 'b.', 'c.', 'd.', 'e.']), 'a. b. c. And 2 more changes.');
});

// Timers that a test moves on by hand.
function handTimers() {
  let now = 0;
  let next = 1;
  const waiting = new Map();
  return {
    performance: {now: () => now},
    setTimeout(run, after) {
      waiting.set(next, {run, at: now + after});
      return next++;
    },
    clearTimeout: (id) => waiting.delete(id),
    async pass(time) {
      now += time;
      for (const [id, {run, at}] of [...waiting]) {
        if (at > now) continue;
        waiting.delete(id);
        run();
      }
      for (let i = 0; i < 5; ++i) await null;
    },
  };
}

test('rounds do not pile up, and pause while nobody looks', async () => {
  const timers = handTimers();
  const works = [];
  const refresher = makeRefresher(
      {pause: 5000, timers, work: (signal) => new Promise((end) => works.push({signal, end}))});
  refresher.now();
  assert.equal(works.length, 0);  // hidden from the start
  refresher.show();
  refresher.show();
  await timers.pass(60_000);  // the daemon takes a minute
  assert.equal(works.length, 1);
  works[0].end();
  await timers.pass(0);
  await timers.pass(5000);  // what takes long is done less often
  assert.equal(works.length, 1);
  await timers.pass(600_000);
  assert.equal(works.length, 2);
  refresher.now();
  refresher.now();
  works[1].end();
  await timers.pass(0);
  await timers.pass(0);
  assert.equal(works.length, 3);  // once more, at once
  refresher.hide();
  assert.ok(works[2].signal.aborted);
  works[2].end();
  await timers.pass(3_600_000);
  assert.equal(works.length, 3);
  refresher.show();
  assert.equal(works.length, 4);
});

test('replication is told in words', () => {
  const link = {
    master: 'a',
    state: 'up',
    listedState: 'online',
    lagBytes: 2048,
    lagBytesFrom: 'master',
    lagSeconds: 3,
    unlisted: false
  };
  assert.equal(behindText({link}), '2 KiB · 3 s');
  assert.equal(behindText({link: {...link, lagBytesFrom: 'polls', lagSeconds: null}}), '≈ 2 KiB');
  assert.equal(behindText({link: {...link, lagBytes: null, lagSeconds: null}}), '–');
  assert.equal(behindText({link: null}), '–');

  const server = {state: 'up', watched: true, link};
  assert.deepEqual(stateOf(server), ['good', 'up']);
  assert.deepEqual(stateOf({...server, state: 'down'}), ['bad', 'down']);
  assert.deepEqual(stateOf({...server, link: {...link, state: 'down'}}), ['bad', 'link down']);
  assert.deepEqual(stateOf({...server, link: {...link, unlisted: true}}), ['bad', 'not listed']);
  assert.deepEqual(
      stateOf({...server, link: {...link, listedState: 'send_bulk'}}), ['waiting', 'copying']);
  assert.deepEqual(stateOf({watched: false, link: null}), ['calm', 'not watched']);

  const rows = rowsOf([{
    group: 'orders',
    shard: '0a1b2c3d',
    servers: [
      {name: 'a', depth: 0, role: 'master', fullSyncs: 2, partialSyncs: 1},
      {name: 'b', depth: 1, role: 'replica', fullSyncs: 0, partialSyncs: 0},
      {name: 'a', depth: 2, again: true}
    ]
  }]);
  assert.equal(roleText(rows[0]), 'orders · shard 0a1b2c3d · master · resyncs: 2 full, 1 partial');
  assert.equal(roleText({...rows[1], follows: false}), 'replica');
  assert.equal(roleText(rows[2]), 'shown above');
  assert.equal(new Set(rows.map(({id}) => id)).size, 3);
});
