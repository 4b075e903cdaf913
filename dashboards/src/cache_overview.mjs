// Cache overview: whether caches do what they are for, by type.
import { alertMarks, dashboard, restartMarks } from './dashboard.mjs';
import { alertListLink, dashboardLink, rulesLink, runbookLink, traceLink, uids } from './links.mjs';
import { above, below, bargauge, distance, heatmap, keysPerSecond, stat, table, timeseries } from './panels.mjs';
import * as q from './queries.mjs';
import * as v from './variables.mjs';

const typeLink = dashboardLink('Tenants of this type', uids.tenants, {
  set: { type: '${__field.labels.type}' },
});
const instanceLink = dashboardLink('This server', uids.redis, {
  set: { instance: '${__field.labels.instance}' },
});
const window = '5m';

const glance = [
  stat({
    title: 'Hit ratio, apps',
    shows: 'Of the lookups that applications report, or that the wire tap sees (Source, above), the share that found something. Colours: the bundled target of 80 %.',
    act: 'If it is low, see below which type is below its own target, then which tenant misses.',
    unit: 'percentunit',
    decimals: 1,
    min: 0,
    max: 1,
    queries: [{ expr: q.hitRatio(), legend: 'hit ratio' }],
    thresholds: below(0.7, 0.8),
    links: [dashboardLink('Tenants', uids.tenants)],
    w: 3,
    h: 4,
  }),
  stat({
    title: 'Hit ratio, servers',
    shows: 'Hits and misses as Redis counts them, without the reads of hitwatch itself. It differs from what applications report where they read keys several times, or layers above answer first.',
    act: 'If it alone is below the target, see Hit ratio by server for which one, and whether it was just started.',
    unit: 'percentunit',
    decimals: 1,
    min: 0,
    max: 1,
    queries: [{ expr: q.serverHitRatio(''), legend: 'hit ratio' }],
    thresholds: below(0.7, 0.8),
    links: [dashboardLink('Servers', uids.fleet)],
    w: 3,
    h: 4,
  }),
  stat({
    title: 'p99 of GET',
    shows: 'One lookup in a hundred takes longer than this, as applications see it, or the wire tap does at the server (Source, above). Red from 10 ms, the bundled target.',
    act: 'If it is high and the servers are fast (Latency, below), look at the network and at pools of connections.',
    unit: 's',
    queries: [{ expr: q.latency(0.99), legend: 'p99', exemplar: true }],
    thresholds: above(0.01, 0.005),
    w: 3,
    h: 4,
  }),
  stat({
    title: 'Lookups',
    shows: 'Hits and misses per second that applications report, or that the wire tap sees (Source, above).',
    act: 'A sudden fall to nothing means that reports no longer arrive, or nobody asks: see Reports of applications in the dashboard of hitwatch itself.',
    unit: 'ops',
    queries: [{ expr: q.lookups(), legend: 'lookups' }],
    w: 3,
    h: 4,
  }),
  stat({
    title: 'Failed lookups',
    shows: 'The share of lookups that ended with an error instead of a hit or a miss. Red from 5 %, the bundled target.',
    act: 'If it rises, look whether a server is down or refuses them, and at timeouts of the applications.',
    unit: 'percentunit',
    decimals: 2,
    queries: [{ expr: q.errorRatio(), legend: 'errors' }],
    thresholds: above(0.05, 0.01),
    w: 3,
    h: 4,
  }),
  stat({
    title: 'Memory used',
    shows: 'Of all servers that have a limit (maxmemory), the share in use. A cache that evicts (an allkeys policy) is full as it should be; else writes fail at 100 %, and RedisMemoryHigh fires from 90 % on.',
    act: 'If it nears 100 % and the policy is noeviction, raise maxmemory or set an allkeys policy.',
    unit: 'percentunit',
    decimals: 0,
    min: 0,
    queries: [
      {
        expr:
          `sum(redis_memory_used_bytes{${q.server}} and (redis_memory_max_bytes{${q.server}} > 0)) ` +
          `/ sum(redis_memory_max_bytes{${q.server}} > 0)`,
        legend: 'used',
      },
    ],
    noValue: 'no limit',
    links: [dashboardLink('Servers', uids.fleet)],
    w: 3,
    h: 4,
  }),
  stat({
    title: 'Evictions',
    shows: 'Keys that servers threw out for want of memory, per second. Red from 10, the bundled threshold.',
    act: 'If it does not end, give the cache more memory or keys a shorter time to live; see Memory by server for which one is full.',
    unit: keysPerSecond,
    queries: [{ expr: q.sumRate('redis_evicted_keys_total', q.server), legend: 'evicted' }],
    thresholds: above(10, 1),
    w: 3,
    h: 4,
  }),
  stat({
    title: 'Alerts firing',
    shows: 'Alerts that hitwatch evaluates and that fire now, without those of severity none (Watchdog always fires).',
    act: 'The table at the end says which: click one there for its runbook.',
    queries: [
      {
        expr:
          'sum(hitwatch_alerts_active{job=~"$job",state="firing",severity!="none"}) ' +
          'or sum(hitwatch_alerts{job=~"$job",state="firing"}) * 0',
        legend: 'firing',
      },
    ],
    decimals: 0,
    thresholds: above(1),
    links: [alertListLink],
    w: 3,
    h: 4,
  }),
];

const targets = [
  timeseries({
    title: 'Hit ratio by type',
    shows: 'The share of lookups that found something, by type.',
    act: 'A fall of one type alone points to its application or its times to live; a fall of all at once to a flush, a restart or evictions. Click a line for its tenants.',
    unit: 'percentunit',
    min: 0,
    max: 1,
    fill: 0,
    queries: [{ expr: q.hitRatio('type'), legend: '{{type}}' }],
    calcs: ['lastNotNull', 'min'],
    links: [typeLink],
    w: 12,
    h: 9,
  }),
  table({
    title: 'Hit ratio against its target',
    shows: 'The last 5 minutes by type. The target is the most specific threshold hit_ratio for the type (thresholds: in the configuration); a negative distance is below it. CacheHitRatioLowByType fires after 5 minutes of that, given 100 lookups.',
    act: 'Begin with the type at the top: click it to see which of its tenants misses.',
    queries: [
      { expr: q.lookups('type', { window }) },
      { expr: q.hitRatio('type', { window }) },
      { expr: q.thresholdByType('hit_ratio', 0.8, q.reported('type')) },
      {
        expr:
          `(${q.hitRatio('type', { window })}) - on (type) ` +
          q.thresholdByType('hit_ratio', 0.8, q.reported('type')),
      },
      { expr: q.misses('type', { window }) },
    ],
    columns: [
      {
        label: 'type',
        name: 'Type',
        links: [
          dashboardLink('Tenants of ${__value.text}', uids.tenants, { set: { type: '${__value.text}' } }),
        ],
      },
      { query: 3, name: 'Distance', unit: 'percentunit', decimals: 1, thresholds: distance },
      { query: 1, name: 'Hit ratio', unit: 'percentunit', decimals: 1 },
      { query: 2, name: 'Target', unit: 'percentunit', decimals: 0 },
      { query: 0, name: 'Lookups', unit: 'ops' },
      { query: 4, name: 'Misses', unit: 'ops' },
    ],
    sortBy: 'Distance',
    descending: false,
    narrow: 105,
    w: 12,
    h: 9,
  }),
  timeseries({
    title: 'Hit ratio by server',
    shows: 'The same as the servers count it, without our own reads, with the target of each. A server that started within the last minutes is cold: alerts wait for it to warm up.',
    act: 'If one stays below its target for longer, click it and look for evictions, expired keys and a flush.',
    unit: 'percentunit',
    min: 0,
    max: 1,
    fill: 0,
    queries: [
      { expr: q.serverHitRatio('instance'), legend: '{{instance}}' },
      {
        expr: q.thresholdByInstance('hit_ratio', 0.8, q.watched),
        legend: 'target {{instance}}',
      },
    ],
    target: '/^target /',
    calcs: ['lastNotNull', 'min'],
    links: [instanceLink],
    w: 12,
    h: 8,
  }),
  bargauge({
    title: 'Types that miss most',
    shows: 'Misses per second in the last 5 minutes. What is here is what the cache costs the systems behind it.',
    act: 'Begin with the first: click it to see which of its tenants misses.',
    unit: 'ops',
    decimals: 2,
    min: 0,
    queries: [
      { expr: `sort_desc(topk(10, ${q.misses('type', { window })}))`, legend: '{{type}}' },
    ],
    links: [typeLink],
    w: 12,
    h: 8,
  }),
];

const latencies = [
  timeseries({
    title: 'Latency of GET, applications',
    shows: 'As applications see it: network and the wait for a connection included. As the wire tap sees it (Source, above): the wait for the server and its execution.',
    act: 'Points are traces of single lookups; click one to see what else its request did. If p99 stays above the dashed line (the threshold get_p99), see p99 of GET by server for whether the time is lost inside the servers or on the way.',
    unit: 's',
    queries: [
      { expr: q.latency(0.5), legend: 'p50' },
      { expr: q.latency(0.95), legend: 'p95' },
      { expr: q.latency(0.99), legend: 'p99', exemplar: true },
      { expr: q.threshold('get_p99', 0.01), legend: 'target of p99' },
    ],
    target: '/^target/',
    fill: 0,
    w: 12,
    h: 9,
  }),
  timeseries({
    title: 'p99 of GET by type',
    shows: 'One lookup in a hundred takes longer.',
    act: 'Types with big values are slower; one that alone becomes slow has a new kind of value or command: click one of its points, the trace of a single lookup, or look what its application changed.',
    unit: 's',
    queries: [{ expr: q.latency(0.99, 'type'), legend: '{{type}}', exemplar: true }],
    fill: 0,
    links: [typeLink],
    w: 12,
    h: 9,
  }),
  heatmap({
    title: 'Latency of all operations, applications',
    shows: 'How many lookups took how long: the darker the more. Two bands mean two kinds of lookups, or a slow and a fast path.',
    act: 'If a band rises, which a percentile hides, choose one type after the other above to see whose it is.',
    unit: 's',
    buckets: true,
    queries: [
      {
        expr: `sum by (le) (increase(cache_latency_seconds_bucket{${q.lookup}}[${q.rateInterval}]))`,
        legend: '{{le}}',
        exemplar: true,
      },
    ],
    w: 12,
    h: 9,
  }),
  timeseries({
    title: 'p99 of GET by server',
    shows: 'The time inside the server alone, in buckets that are powers of two.',
    act: 'If this is low and applications are slow, the time is lost on the way: look at the network and at pools of connections. If it is high, click the line for the slow commands in the dashboard of the server, or as spans in the traces.',
    unit: 's',
    queries: [
      { expr: q.commandLatency(0.99, 'instance', 'get'), legend: '{{instance}}' },
      {
        expr: q.thresholdByInstance('get_p99', 0.01, q.watched),
        legend: 'target {{instance}}',
      },
    ],
    target: '/^target /',
    fill: 0,
    links: [
      instanceLink,
      traceLink('Slow commands', '{resource.service.name="hitwatch" && kind=server && span.hitwatch.target="${__field.labels.instance}"}'),
    ],
    w: 12,
    h: 9,
  }),
];

const throughput = [
  timeseries({
    title: 'Lookups by type',
    shows: 'Hits and misses per second that applications report, or that the wire tap sees (Source, above), by type.',
    act: 'A type that vanishes is no longer asked for, or no longer reported: ask its application, and see Reports of applications in the dashboard of hitwatch itself.',
    unit: 'ops',
    stacked: true,
    queries: [{ expr: q.lookups('type'), legend: '{{type}}' }],
    links: [typeLink],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Hits, misses and errors',
    shows: 'What became of the lookups of the chosen types and tenants, per second.',
    act: 'More misses with as many hits as before: new keys are asked for, see the dashboard Tenants for whose. More misses and fewer hits: something was lost, look for a restart, a flush or evictions at that time.',
    unit: 'ops',
    stacked: true,
    queries: [
      { expr: q.sumRate('cache_hits_total', q.lookup), legend: 'hits' },
      { expr: q.misses(), legend: 'misses' },
      { expr: q.errors(), legend: 'errors' },
    ],
    overrides: {
      '/^hits$/': [{ id: 'color', value: { mode: 'fixed', fixedColor: 'green' } }],
      '/^misses$/': [{ id: 'color', value: { mode: 'fixed', fixedColor: 'orange' } }],
      '/^errors$/': [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }],
    },
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Commands by server',
    shows: 'All commands that servers execute per second, writes and those of hitwatch included.',
    act: 'Compare with the lookups: many commands for a lookup hint at loops that a pipeline or MGET would save.',
    unit: 'ops',
    queries: [
      { expr: q.sumRate('redis_commands_processed_total', q.server, 'instance'), legend: '{{instance}}' },
    ],
    links: [instanceLink],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Lookups by source',
    shows: 'Hits and misses per second as each source tells them. Applications and the wire tap (tap) see the same lookups, so the other panels show one of the two views: see Source, above.',
    act: 'Where the tap sees many more, some applications do not report: choose the source tap above, and see which types and tenants appear. Where it sees fewer, see Wire tap in the dashboard of hitwatch itself.',
    unit: 'ops',
    fill: 0,
    queries: [{ expr: q.lookupsBySource, legend: '{{source}}' }],
    w: 8,
    h: 8,
  }),
  ...['out', 'in'].map((direction) => timeseries({
    title: direction === 'out' ? 'Bytes read by type' : 'Bytes written by type',
    shows: `Bytes of values per second ${direction === 'out' ? 'out of' : 'in to'} the cache. Only the wire tap knows them.`,
    act: direction === 'out'
      ? 'A type that takes much for few lookups has big values: hitwatch tap names the biggest. If the network is the limit, store less or store it compressed.'
      : 'A type that is written much more than it is read costs more than it spares: look at its hit ratio, and at what its application stores.',
    unit: 'Bps',
    stacked: true,
    queries: [{ expr: q.bytes(direction, 'type'), legend: '{{type}}' }],
    noValue: 'The wire tap is off (tap.enabled)',
    links: [typeLink],
    w: 8,
    h: 8,
  })),
];

const room = [
  timeseries({
    title: 'Memory by server',
    shows: 'What each server uses; dashed its maxmemory, if it has one.',
    act: 'At the limit a cache evicts, or refuses writes with the policy noeviction: give it more memory, or see Memory by type for whose keys grow.',
    unit: 'bytes',
    queries: [
      { expr: `max by (instance) (redis_memory_used_bytes{${q.server}})`, legend: '{{instance}}' },
      { expr: `max by (instance) (redis_memory_max_bytes{${q.server}} > 0)`, legend: 'limit {{instance}}' },
    ],
    target: '/^limit /',
    links: [instanceLink],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Keys lost by reason',
    shows: 'Keys per second that expired, as they should, and that servers evicted for want of memory (maxmemory).',
    act: 'Evictions while the hit ratio falls mean that the cache is too small for what is asked of it: give it more memory or keys a shorter time to live.',
    unit: keysPerSecond,
    queries: [
      {
        expr: 'sum by (reason) (rate(cache_evictions_total{job=~"$job",layer=~"$layer"}[$__rate_interval]))',
        legend: '{{reason}}',
      },
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Memory by type',
    shows: 'Estimates of a sample of the keys; the dashboard Tenants has their error.',
    act: 'A type that grows without end has no times to live, or new ids all the time: click it to see whose keys it has, and have its application set a time to live.',
    unit: 'bytes',
    stacked: true,
    queries: [{ expr: `sum by (type) (cache_size_bytes{${q.keyspace}})`, legend: '{{type}}' }],
    links: [typeLink],
    w: 8,
    h: 8,
  }),
];

const alerts = [
  table({
    title: 'Alerts pending and firing',
    shows: 'What the data source knows of its alerts: of hitwatch those that it evaluates, of a Prometheus only its own.',
    act: 'Click one for what to do about it, its rule, the values it saw and why it changed.',
    queries: [{ expr: 'ALERTS{severity!="none"}' }],
    columns: [
      {
        label: 'alertname',
        name: 'Alert',
        links: [
          runbookLink('${__value.text}'),
          rulesLink('${__value.text}'),
          alertListLink,
        ],
      },
      {
        label: 'alertstate',
        name: 'State',
        width: 90,
      },
      { label: 'severity', name: 'Severity', width: 90 },
      { label: 'instance', name: 'Instance', links: [dashboardLink('This server', uids.redis, { set: { instance: '${__value.text}' } })] },
      { label: 'layer', name: 'Layer' },
      { label: 'type', name: 'Type', links: [dashboardLink('Tenants of this type', uids.tenants, { set: { type: '${__value.text}' } })] },
      { label: 'tenant', name: 'Tenant', links: [dashboardLink('This tenant', uids.tenants, { set: { tenant: '${__value.text}' } })] },
    ],
    sortBy: 'State',
    descending: false,
    noValue: 'No alerts',
    w: 16,
    h: 8,
  }),
  timeseries({
    title: 'Alerts over time',
    shows: 'How many alerts of hitwatch are pending and firing, Watchdog included, which fires always.',
    act: 'Many at once have one cause as a rule: begin with the oldest in the table beside it.',
    decimals: 0,
    queries: [{ expr: 'sum by (state) (hitwatch_alerts{job=~"$job"})', legend: '{{state}}' }],
    overrides: {
      '/^firing$/': [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }],
      '/^pending$/': [{ id: 'color', value: { mode: 'fixed', fixedColor: 'yellow' } }],
    },
    links: [alertListLink],
    w: 8,
    h: 8,
  }),
];

export default dashboard({
  name: 'cache-overview',
  uid: uids.cache,
  title: 'hitwatch / Cache overview',
  description: 'Hit ratios against their targets, latencies, throughput, memory, evictions and alerts.',
  variables: [
    v.datasourceVariable,
    v.jobVariable,
    v.instanceVariable,
    v.layerVariable,
    v.typeVariable,
    v.tenantVariable,
    v.sourceVariable,
    v.tracesVariable,
  ],
  annotations: [alertMarks, restartMarks],
  rows: [
    { panels: glance },
    { title: 'Hit ratio', panels: targets },
    { title: 'Latency', panels: latencies },
    { title: 'Throughput', panels: throughput },
    { title: 'Memory and evictions', panels: room },
    { title: 'Alerts', panels: alerts },
  ],
});
