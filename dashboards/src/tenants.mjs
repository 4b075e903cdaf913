// Tenants: who misses, who takes the room, whose keys break the conventions.
import { alertMarks, dashboard } from './dashboard.mjs';
import { dashboardLink, uids } from './links.mjs';
import { above, bargauge, distance, heatmap, stat, table, timeseries, whole } from './panels.mjs';
import * as q from './queries.mjs';
import * as v from './variables.mjs';

const window = '5m';
// Those of a tenant: what has none by design is not among them.
const ofTenants = `${q.lookup},tenant!=""`;
const keysOfTenants = `${q.keyspace},tenant!=""`;
const options = { window, matchers: ofTenants };

// The tenants that miss most, so that no table has ten thousand rows.
const most = (count, at = '') =>
  `topk(${count}, sum by (tenant) (rate(cache_misses_total{${ofTenants}}[${window}]${at})))`;
const ofThose = (expr) => `${expr} and on (tenant) ${most(100)}`;
const thisTenant = (text = '${__value.text}') =>
  dashboardLink('Only this tenant', uids.tenants, { set: { tenant: text } });
const onlyThis = dashboardLink('Only this tenant', uids.tenants, {
  set: { tenant: '${__field.labels.tenant}' },
});

// Of the misses of all tenants, chosen or not.
const ofAll = ofTenants.replace('tenant=~"$tenant",', '');
const share = (at) =>
  `sum by (tenant) (rate(cache_misses_total{${ofTenants}}[${window}]${at})) ` +
  `/ on () group_left () (sum(rate(cache_misses_total{${ofAll}}[${window}]${at})) > 0)`;
// A tenant that had no series then had no misses, if there were lookups at all.
const mover =
  `(${share('')}) - (${share(' offset $before')} or (${share('')}) * 0 ` +
  `and on () sum(rate(cache_misses_total{${ofAll}}[${window}] offset $before)) > 0)`;

// The ratio that a tenant would have if each of its types just met its target.
const effective = q.thresholdByTypeAndTenant(
  'hit_ratio',
  0.8,
  q.reported('type, tenant', ofTenants),
);
const due = `sum by (tenant) (${q.lookups('type, tenant', options)} * on (type, tenant) ${effective}) / ${q.lookups('tenant', options)}`;

// Half the 95 % interval of a sum of estimates, as if their errors had nothing to do with each other:
// in one sample they work against each other, so this is rather too wide than too narrow.
const halfWidth = (metric, figure, labels) =>
  `sqrt(sum${labels ? ` by (${labels})` : ''} ((${metric}{${q.keyspace}} * ` +
  'on (job, instance, db, layer, type, tenant) ' +
  `cache_estimate_error_ratio{${q.keyspace},metric="${figure}"}) ^ 2))`;
const total = (metric, labels) =>
  `sum${labels ? ` by (${labels})` : ''} (${metric}{${q.keyspace}})`;
// Where all is exact there are no errors, and the interval is the figure itself.
const upper = (metric, figure, labels) =>
  `${total(metric, labels)} + (${halfWidth(metric, figure, labels)} or ${total(metric, labels)} * 0)`;
const lower = (metric, figure, labels) =>
  `clamp_min(${total(metric, labels)} - (${halfWidth(metric, figure, labels)} or ${total(metric, labels)} * 0), 0)`;

const glance = [
  stat({
    title: 'Tenants',
    shows: 'Tenants with series of their own.',
    act: 'Past keys.tenants.limit the least busy are counted together as "overflow": raise it if there are more, or look who reports ids as tenants if the number grows without end.',
    decimals: 0,
    queries: [{ expr: 'sum(hitwatch_tenants{job=~"$job"})', legend: 'tenants' }],
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Tenants below their target',
    shows:
      'Tenants that hit less often in the last 5 minutes than they would if each of their types just met its target, given 100 lookups.',
    act: 'The table below says which: begin with the one that has most misses.',
    decimals: 0,
    queries: [
      {
        expr:
          `count(((${q.hitRatio('tenant', options)}) - on (tenant) (${due}) < 0) ` +
          `and on (tenant) ${q.lookups('tenant', options)} * 300 >= on () group_left () ${q.threshold('min_lookups', 100)}) ` +
          `or count(${q.reported('tenant', ofTenants)}) * 0`,
        legend: 'below',
      },
    ],
    instant: true,
    thresholds: above(1),
    w: 5,
    h: 4,
  }),
  stat({
    title: 'Misses of the worst tenant',
    shows: 'The share of all misses that the tenant with the most of them has.',
    act: 'Much more than its share of the lookups means that this tenant alone has a problem: it is first in the table below, click it there.',
    unit: 'percentunit',
    decimals: 0,
    queries: [{ expr: `max(${share('')})`, legend: 'share' }],
    instant: true,
    w: 5,
    h: 4,
  }),
  stat({
    title: 'Lookups without their tenant',
    shows: 'Per second, of a pattern that says tenant: required.',
    act: 'They count for no tenant. If there are any, find the application that builds such keys.',
    unit: 'ops',
    queries: [{ expr: q.sumRate('hitwatch_lookups_without_tenant_total', 'job=~"$job"'), legend: 'lookups' }],
    thresholds: above(1),
    w: 5,
    h: 4,
  }),
  stat({
    title: 'Lookups past the limit of tenants',
    shows: 'Per second, of tenants that have no series of their own.',
    act: 'If there are any, raise keys.tenants.limit, or look whether something reports ids as tenants.',
    unit: 'ops',
    queries: [{ expr: q.sumRate('hitwatch_tenants_overflowed_total', 'job=~"$job"'), legend: 'lookups' }],
    thresholds: above(1),
    w: 5,
    h: 4,
  }),
];

const ranking = [
  table({
    title: 'Tenants by misses',
    shows: 'The last 5 minutes of the hundred tenants with the most misses, over all chosen types; click a column to sort by it. The target is what the ratio would be if each type just met its own; a negative distance is below it. Click a tenant to see it alone.',
    act: 'Begin with a negative distance that has many misses: click the tenant to see it alone.',
    queries: [
      { expr: ofThose(q.misses('tenant', options)) },
      { expr: ofThose(share('')) },
      { expr: ofThose(q.lookups('tenant', options)) },
      { expr: ofThose(q.hitRatio('tenant', options)) },
      { expr: ofThose(due) },
      { expr: ofThose(`${q.hitRatio('tenant', options)} - on (tenant) (${due})`) },
      { expr: ofThose(q.latency(0.99, 'tenant', options)) },
      { expr: ofThose(`sum by (tenant) (cache_keys{${keysOfTenants}})`) },
      { expr: ofThose(`sum by (tenant) (cache_size_bytes{${keysOfTenants}})`) },
    ],
    columns: [
      { label: 'tenant', name: 'Tenant', links: [thisTenant()] },
      { query: 0, name: 'Misses', unit: 'ops', decimals: 2 },
      { query: 1, name: 'Share of misses', unit: 'percentunit', min: 0, max: 1, gauge: { mode: 'gradient' } },
      { query: 2, name: 'Lookups', unit: 'ops', decimals: 2 },
      { query: 3, name: 'Hit ratio', unit: 'percentunit', decimals: 1 },
      { query: 4, name: 'Target', unit: 'percentunit', decimals: 1 },
      { query: 5, name: 'Distance', unit: 'percentunit', decimals: 1, thresholds: distance },
      { query: 6, name: 'p99 of GET', unit: 's', noValue: '-' },
      { query: 7, name: 'Keys', ...whole },
      { query: 8, name: 'Memory', unit: 'bytes' },
    ],
    sortBy: 'Misses',
    w: 24,
    h: 7,
  }),
  heatmap({
    title: 'Hit ratio of tenants',
    shows: 'The 25 tenants that miss most, a row each: red is low, green is high.',
    act: 'A row that turns red is one tenant: choose it above. A column that does is something that hit all of them at that time: look for a restart, a flush or a rollout.',
    scheme: 'RdYlGn',
    least: 0,
    most: 1,
    unit: 'percentunit',
    maxDataPoints: 120,
    queries: [
      {
        expr: `${q.hitRatio('tenant', options)} and on (tenant) ${most(25, ' @ end()')}`,
        legend: '{{tenant}}',
      },
    ],
    w: 14,
    h: 10,
  }),
  bargauge({
    title: 'Top movers',
    shows: 'How much the share of the misses of a tenant has changed in the time chosen under "Compared with", each over 5 minutes: +20 % means that a fifth more of all misses are its own.',
    act: 'Who stands here began to behave differently: look what was deployed or who crawls.',
    unit: 'percentunit',
    decimals: 1,
    queries: [
      {
        expr: `sort_desc(topk(5, ${mover}) > 0 or bottomk(5, ${mover}) < 0)`,
        legend: '{{tenant}}',
      },
    ],
    thresholds: [
      [null, 'green'],
      [0.05, 'yellow'],
      [0.2, 'red'],
    ],
    links: [onlyThis],
    noValue: 'Nobody changed, or there are no lookups of that time',
    w: 10,
    h: 10,
  }),
  table({
    title: 'Tenants and types by distance to the target',
    shows: 'The hundred pairs that are furthest below their target, in the last 5 minutes. CacheHitRatioLowByTenant fires after 5 minutes below it, given 100 lookups.',
    act: 'If one tenant misses in all types, look at what it asks for; if all tenants miss in one type, look at its times to live.',
    queries: [
      {
        expr: `bottomk(100, (${q.hitRatio('type, tenant', options)}) - on (type, tenant) ${effective})`,
      },
      {
        expr:
          `(${q.hitRatio('type, tenant', options)}) and on (type, tenant) ` +
          `bottomk(100, (${q.hitRatio('type, tenant', options)}) - on (type, tenant) ${effective})`,
      },
      {
        expr:
          `${effective} and on (type, tenant) ` +
          `bottomk(100, (${q.hitRatio('type, tenant', options)}) - on (type, tenant) ${effective})`,
      },
      {
        expr:
          `${q.lookups('type, tenant', options)} and on (type, tenant) ` +
          `bottomk(100, (${q.hitRatio('type, tenant', options)}) - on (type, tenant) ${effective})`,
      },
    ],
    columns: [
      { label: 'tenant', name: 'Tenant', links: [thisTenant()] },
      {
        label: 'type',
        name: 'Type',
        links: [dashboardLink('Only this type', uids.tenants, { set: { type: '${__value.text}' } })],
      },
      { query: 0, name: 'Distance', unit: 'percentunit', decimals: 1, thresholds: distance },
      { query: 1, name: 'Hit ratio', unit: 'percentunit', decimals: 1 },
      { query: 2, name: 'Target', unit: 'percentunit', decimals: 0 },
      { query: 3, name: 'Lookups', unit: 'ops', decimals: 2 },
    ],
    sortBy: 'Distance',
    descending: false,
    narrow: 105,
    w: 12,
    h: 10,
  }),
  timeseries({
    title: 'Misses by tenant',
    shows: 'Misses per second of the ten tenants that miss most now. Stacked: the outline is what the systems behind the cache get of them.',
    act: 'If it rises, choose the tenant whose band grew (a click on it does) and see which of its types misses.',
    unit: 'ops',
    stacked: true,
    queries: [
      {
        expr:
          `sum by (tenant) (rate(cache_misses_total{${ofTenants}}[${q.rateInterval}])) ` +
          `and on (tenant) ${most(10, ' @ end()')}`,
        legend: '{{tenant}}',
      },
    ],
    links: [onlyThis],
    w: 12,
    h: 10,
  }),
];

const latencies = [
  timeseries({
    title: 'p99 of GET by tenant',
    shows: 'Of the busiest tenants (keys.tenants.latency_top), those ten that miss most. Points are traces of single lookups; click one to see what else its request did.',
    act: 'A slow tenant among fast ones has bigger values or commands over many keys: click one of its points, or look what it asks for.',
    unit: 's',
    fill: 0,
    queries: [
      {
        expr: `${q.latency(0.99, 'tenant', { matchers: ofTenants })} and on (tenant) ${most(10, ' @ end()')}`,
        legend: '{{tenant}}',
        exemplar: true,
      },
      { expr: q.threshold('get_p99', 0.01), legend: 'target' },
    ],
    target: '/^target$/',
    links: [onlyThis],
    w: 12,
    h: 8,
  }),
  timeseries({
    title: 'Failed lookups by tenant',
    shows: 'Lookups per second that ended with an error, of the ten tenants that have the most.',
    act: 'Errors of one tenant come from its keys or its application: look there. Errors of all come from a server: see Errors by kind in its dashboard.',
    unit: 'ops',
    fill: 0,
    queries: [
      {
        expr: `topk(10, sum by (tenant) (rate(cache_errors_total{${ofTenants}}[${q.rateInterval}])))`,
        legend: '{{tenant}}',
      },
    ],
    noValue: 'No errors',
    links: [onlyThis],
    w: 12,
    h: 8,
  }),
  ...['out', 'in'].map((direction) => timeseries({
    title: direction === 'out' ? 'Bytes read by tenant' : 'Bytes written by tenant',
    shows: `Bytes of values per second ${direction === 'out' ? 'out of' : 'in to'} the cache, of the ten tenants that have the most now. Only the wire tap knows them.`,
    act: direction === 'out'
      ? 'One that takes much for few lookups has big values: hitwatch tap names the biggest. If the network is the limit, store less or store it compressed.'
      : 'One that writes much more than is read fills the cache with what nobody asks for: look at what its application stores.',
    unit: 'Bps',
    stacked: true,
    queries: [
      {
        expr:
          `${q.bytes(direction, 'tenant')} and on (tenant) ` +
          `topk(10, ${q.bytes(direction, 'tenant', ' @ end()')})`,
        legend: '{{tenant}}',
      },
    ],
    noValue: 'The wire tap is off (tap.enabled)',
    links: [onlyThis],
    w: 12,
    h: 8,
  })),
];

const interval = (metric, figure) => [
  { expr: total(metric, 'type'), legend: '{{type}}' },
  { expr: upper(metric, figure, 'type'), legend: '{{type}} at most' },
  { expr: lower(metric, figure, 'type'), legend: '{{type}} at least' },
];
// The lines of an interval are thin and of no colour of their own.
const edges = {
  '/ at (most|least)$/': [
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [2, 6] } },
    { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } },
    { id: 'color', value: { mode: 'fixed', fixedColor: 'text' } },
  ],
};

const room = [
  table({
    title: 'Keys and memory, with their error',
    shows: 'Estimates of a sample of the keys, each between "at least" and "at most" with 95 % certainty, of the hundred pairs with the most memory. Two rows whose intervals overlap do not differ.',
    act: 'Raise keys.sample.size for narrower ones. Who takes much room for few hits is who to give shorter times to live.',
    queries: [
      { expr: `topk(100, ${total('cache_size_bytes', 'type, tenant')})` },
      {
        expr: `${lower('cache_size_bytes', 'size_bytes', 'type, tenant')} and on (type, tenant) topk(100, ${total('cache_size_bytes', 'type, tenant')})`,
      },
      {
        expr: `${upper('cache_size_bytes', 'size_bytes', 'type, tenant')} and on (type, tenant) topk(100, ${total('cache_size_bytes', 'type, tenant')})`,
      },
      {
        expr: `${total('cache_keys', 'type, tenant')} and on (type, tenant) topk(100, ${total('cache_size_bytes', 'type, tenant')})`,
      },
      {
        expr: `${lower('cache_keys', 'keys', 'type, tenant')} and on (type, tenant) topk(100, ${total('cache_size_bytes', 'type, tenant')})`,
      },
      {
        expr: `${upper('cache_keys', 'keys', 'type, tenant')} and on (type, tenant) topk(100, ${total('cache_size_bytes', 'type, tenant')})`,
      },
      {
        expr: `${total('cache_keys_without_ttl', 'type, tenant')} and on (type, tenant) topk(100, ${total('cache_size_bytes', 'type, tenant')})`,
      },
    ],
    columns: [
      { label: 'tenant', name: 'Tenant', links: [thisTenant()] },
      { label: 'type', name: 'Type' },
      { query: 1, name: 'Memory at least', unit: 'bytes' },
      { query: 0, name: 'Memory', unit: 'bytes', gauge: { mode: 'gradient' } },
      { query: 2, name: 'Memory at most', unit: 'bytes' },
      { query: 4, name: 'Keys at least', ...whole },
      { query: 3, name: 'Keys', ...whole },
      { query: 5, name: 'Keys at most', ...whole },
      { query: 6, name: 'Without TTL', ...whole },
    ],
    sortBy: 'Memory',
    narrow: 150,
    w: 24,
    h: 10,
  }),
  timeseries({
    title: 'Memory by type, with its error',
    shows: 'Estimates of the chosen types and tenants; dashed above and below the 95 % interval. A change within the interval may be none.',
    act: 'Choose one type or tenant above to see its interval clearly; if it is too wide to decide anything, raise keys.sample.size.',
    unit: 'bytes',
    fill: 0,
    queries: interval('cache_size_bytes', 'size_bytes'),
    overrides: edges,
    w: 12,
    h: 9,
  }),
  timeseries({
    title: 'Keys by type, with their error',
    shows: 'Estimates of the chosen types and tenants; dashed above and below the 95 % interval.',
    act: 'Keys that grow without end have no times to live, or new ids all the time: have their application set a time to live, or stop putting what changes with each request into keys.',
    ...whole,
    fill: 0,
    queries: interval('cache_keys', 'keys'),
    overrides: edges,
    w: 12,
    h: 9,
  }),
];

const conventions = [
  timeseries({
    title: 'Keys without TTL by type',
    shows: 'Keys that never expire, estimated from the few whose times to live are read: the least certain figure here. In a cache each should expire.',
    act: 'KeysWithoutTtl fires from the threshold keys_without_ttl on, 100,000 a type, if the error is small: have the application of that type set a time to live when it writes.',
    ...whole,
    fill: 0,
    queries: [{ expr: total('cache_keys_without_ttl', 'type'), legend: '{{type}}' }],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Keys without TTL by server',
    shows: 'Exact, as the servers count them, of all databases. A line that climbs is a leak: KeysWithoutTtlGrowing fires from 10,000 more in half an hour on.',
    act: 'The panel beside it says of which type they are: look what was rolled out when the line began to climb.',
    ...whole,
    queries: [
      {
        expr: `sum by (instance) (redis_db_keys{${q.server}} - redis_db_keys_expiring{${q.server}})`,
        legend: '{{instance}}',
      },
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Keys without their tenant',
    shows: 'Keys of a type that must carry a tenant (tenant: required) and do not. They are counted for nobody, and a tenant that is deleted leaves them behind.',
    act: 'KeysWithoutTenant fires from 100 on: find the application that builds such keys, `hitwatch keys` shows what they look like.',
    ...whole,
    queries: [
      {
        expr: 'sum by (type) (cache_keys_without_tenant{job=~"$job",instance=~"$instance",type=~"$type"})',
        legend: '{{type}}',
      },
    ],
    noValue: 'None were found',
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Keys that match no pattern',
    shows: 'Their share of the keys of the server.',
    act: 'They have the type "unclassified" and belong to no tenant: add a pattern, or find who writes them. `hitwatch keys` shows what they look like. KeysUnclassified fires from 10 % on.',
    unit: 'percentunit',
    min: 0,
    softMax: 0.1,
    queries: [
      {
        expr:
          'sum by (instance) (cache_keys_unclassified{job=~"$job",instance=~"$instance"}) ' +
          '/ (sum by (instance) (cache_keys{job=~"$job",instance=~"$instance"}) > 0)',
        legend: '{{instance}}',
      },
      { expr: q.threshold('unclassified_ratio', 0.1), legend: 'threshold' },
    ],
    target: '/^threshold$/',
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Times to live by type',
    shows: 'What half of the keys have still to live, of those that were looked at in the last half hour.',
    act: 'One much shorter than it was makes misses, one of weeks fills the cache with what nobody asks for: change the time to live where the application writes keys of that type.',
    unit: 's',
    fill: 0,
    queries: [
      {
        expr:
          'histogram_quantile(0.5, sum by (type, le) ' +
          '(rate(cache_ttl_seconds_bucket{job=~"$job",instance=~"$instance",layer=~"$layer",type=~"$type"}[30m])))',
        legend: '{{type}}',
      },
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Age of these figures',
    shows: 'How long ago the round over the keys ended whose figures are shown here.',
    act: 'HitwatchKeyspaceOld fires from half an hour on: the log of hitwatch says what rounds wait for.',
    unit: 's',
    queries: [
      {
        expr: 'max by (instance) (hitwatch_keyspace_report_age_seconds{job=~"$job",instance=~"$instance"})',
        legend: '{{instance}}',
      },
    ],
    w: 8,
    h: 8,
  }),
];

export default dashboard({
  name: 'tenants',
  uid: uids.tenants,
  title: 'hitwatch / Tenants',
  description: 'Who misses, whose keys take the room, and whose keys break the conventions.',
  variables: [
    v.datasourceVariable,
    v.jobVariable,
    v.instanceVariable,
    v.layerVariable,
    v.typeVariable,
    v.tenantVariable,
    v.sourceVariable,
    v.beforeVariable,
  ],
  annotations: [alertMarks],
  rows: [
    { panels: glance },
    { title: 'Who misses', panels: ranking },
    { title: 'Latency, errors and bytes', panels: latencies },
    { title: 'Keys and memory', panels: room },
    { title: 'Conventions', panels: conventions },
  ],
});
