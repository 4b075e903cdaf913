// hitwatch itself: whether what it shows is fresh and complete, and whether what it finds gets out.
import { alertMarks, dashboard } from './dashboard.mjs';
import { alertListLink, dashboardLink, runbookLink, traceLink, uids } from './links.mjs';
import { above, mapped, stat, states, table, timeseries } from './panels.mjs';
import * as q from './queries.mjs';
import * as v from './variables.mjs';

const d = q.daemon;
const s = q.server;
const R = q.rateInterval;
const rate = (metric, labels = 'instance') => q.sumRate(metric, d, labels);
const grown = (metric, labels = 'instance', window = R) =>
  `sum by (${labels}) (increase(${metric}{${d}}[${window}]))`;
const gauge = (metric, labels = 'instance') => `max by (${labels}) (${metric}{${d}})`;
const line = (expr, what) => ({ expr, legend: what ? `${what} {{instance}}` : '{{instance}}' });
const serverOfLine = dashboardLink('This server', uids.redis, {
  set: { instance: '${__field.labels.instance}' },
});

const noFaults = 'Shown only while something is refused; the demonstration reports without faults.';
const noEndpoints = 'Only where applications are asked for their statistics (apps.stats_endpoints).';

const glance = [
  stat({
    title: 'Version',
    description: 'Of each daemon. Different ones are a rollout that has not ended.',
    queries: [{ expr: `max by (instance, version) (hitwatch_build_info{${d}})`, legend: '{{version}} {{instance}}' }],
    thresholds: [[null, 'green']],
    text: 'Name',
    noGraph: true,
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Targets without figures',
    description: 'Configured targets that have never been polled: no rule sees them. GET /api/v1/targets shows which and why.',
    decimals: 0,
    queries: [
      {
        expr: `sum(hitwatch_targets{${d}}) - (count(redis_up{job=~"$job"}) or sum(hitwatch_targets{${d}}) * 0)`,
        legend: 'without figures',
      },
    ],
    thresholds: above(1),
    links: [dashboardLink('Fleet', uids.fleet)],
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Oldest figures',
    description: 'The age of what is known of the server that was polled longest ago. Red from a minute, the bundled threshold.',
    unit: 's',
    queries: [{ expr: `max(redis_snapshot_age_seconds{${s}})`, legend: 'oldest' }],
    thresholds: above(60, 30),
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Rules that fail',
    description: 'Evaluations in 5 minutes that ended with an error: such a rule can neither fire nor resolve. GET /api/v1/rules has the error.',
    decimals: 0,
    queries: [{ expr: `sum(increase(hitwatch_rule_evaluation_failures_total{${d}}[5m]))`, legend: 'failed' }],
    thresholds: above(1),
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Notifications that wait or were given up',
    description: 'Somebody has not been told. GET /api/v1/notifications shows them and why; dead ones are sent again with hitwatch notify resend.',
    decimals: 0,
    queries: [
      { expr: `sum(hitwatch_notifications_pending{${d}})`, legend: 'waiting' },
      { expr: `sum(hitwatch_notifications_dead{${d}})`, legend: 'dead' },
    ],
    noValue: 'no receivers',
    thresholds: above(1),
    text: 'ValueAndName',
    noGraph: true,
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Configuration',
    description: 'Whether the last reload was accepted. If not, the former one is in force: hitwatch check config names every fault.',
    queries: [line(gauge('hitwatch_config_last_reload_successful'))],
    mappings: mapped({ 0: ['refused', 'red'], 1: ['in force', 'green'] }),
    text: 'ValueAndName',
    noGraph: true,
    w: 4,
    h: 4,
  }),
];

const quantile = (share, metric) =>
  `histogram_quantile(${share}, sum by (instance, le) (rate(${metric}_bucket{${d}}[${R}])))`;

const polls = [
  timeseries({
    title: 'Duration of polls',
    description: 'Of all targets. Polls that take long make everything late: look at the network, at the processor of this host and at servers that are slow themselves.',
    unit: 's',
    fill: 0,
    queries: [
      line(quantile(0.5, 'hitwatch_poll_duration_seconds'), 'p50'),
      line(quantile(0.99, 'hitwatch_poll_duration_seconds'), 'p99'),
    ],
    links: [
      traceLink('Polls as traces', '{resource.service.name="hitwatch" && name="poll"}'),
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Polls and those that failed',
    description: 'Per second. A poll fails even if a part of it succeeded; HitwatchPollsFail fires beyond 3 in 5 minutes while all servers are up. The log names server and command.',
    unit: 'cps',
    fill: 0,
    queries: [
      line(rate('hitwatch_poll_duration_seconds_count'), 'all'),
      line(rate('hitwatch_polls_failed_total'), 'failed'),
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Age of the figures by server',
    description: 'A saw-tooth as high as poll.interval is as it should be. A line that climbs is a server whose polls do not end.',
    unit: 's',
    fill: 0,
    queries: [
      { expr: `max by (instance) (redis_snapshot_age_seconds{${s}})`, legend: '{{instance}}' },
      { expr: q.threshold('snapshot_age', 60), legend: 'threshold' },
    ],
    target: '/^threshold$/',
    links: [serverOfLine],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Duration of scrapes',
    description: 'How long answers to /metrics take, which never wait for a server. Nothing while nobody scrapes.',
    unit: 's',
    fill: 0,
    queries: [line(quantile(0.99, 'hitwatch_scrape_duration_seconds'), 'p99')],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Age of keyspace statistics',
    description: 'How long ago the last round over the keys of a server ended. Red line: the threshold keyspace_age. If rounds do not end, keys.sample.budget is too small for what the server has to do besides.',
    unit: 's',
    fill: 0,
    queries: [
      { expr: `max by (instance) (hitwatch_keyspace_report_age_seconds{${s}})`, legend: '{{instance}}' },
      { expr: q.threshold('keyspace_age', 1800), legend: 'threshold' },
    ],
    target: '/^threshold$/',
    links: [serverOfLine],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Left out or cut short',
    description: 'In 5 minutes: series past a bound, connections of HTTP clients ended by a limit, entries of slow logs that servers dropped before they were read. All should be nought; the log says more.',
    decimals: 0,
    fill: 0,
    queries: [
      line(grown('hitwatch_series_dropped_total', 'instance', '5m'), 'series'),
      line(grown('hitwatch_web_connections_dropped_total', 'instance', '5m'), 'connections'),
      line(grown('hitwatch_slowlog_entries_missed_total', 'instance', '5m'), 'slow log entries'),
      line(grown('hitwatch_window_series_refused_total', 'instance', '5m'), 'series without room'),
      line(grown('hitwatch_window_samples_refused_total', 'instance', '5m'), 'samples'),
    ],
    w: 8,
    h: 8,
  }),
];

const reports = [
  timeseries({
    title: 'Reports of applications',
    description: 'What arrives per second through each door. A door that falls silent while applications run is a network or a token.',
    unit: 'cps',
    fill: 0,
    queries: [
      line(rate('hitwatch_statsd_lines_total'), 'StatsD lines'),
      line(rate('hitwatch_http_lookup_reports_total'), 'HTTP reports'),
      line(rate('hitwatch_otlp_points_total'), 'OTLP points'),
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Refused or lost',
    description: 'In 5 minutes: lines and points with a fault, bodies of which nothing was counted, datagrams that the kernel dropped. What is lost makes hits and misses too low. docs/lookups.md explains each reason.',
    decimals: 0,
    fill: 0,
    queries: [
      { expr: `${grown('hitwatch_statsd_lines_rejected_total', 'reason', '5m')} > 0`, legend: 'StatsD: {{reason}}', mayBeEmpty: noFaults },
      { expr: `${grown('hitwatch_http_lookup_bodies_refused_total', 'reason', '5m')} > 0`, legend: 'HTTP: {{reason}}', mayBeEmpty: noFaults },
      { expr: `${grown('hitwatch_otlp_points_rejected_total', 'reason', '5m')} > 0`, legend: 'OTLP: {{reason}}', mayBeEmpty: noFaults },
      { expr: `${grown('hitwatch_otlp_bodies_refused_total', 'reason', '5m')} > 0`, legend: 'OTLP bodies: {{reason}}', mayBeEmpty: noFaults },
      line(grown('hitwatch_statsd_datagrams_dropped_total', 'instance', '5m'), 'datagrams dropped'),
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Lookups that cannot be assigned',
    description: 'Per second: keys that no pattern matches, keys without the tenant that they must carry, tenants past the limit. They are counted, but for nobody.',
    unit: 'ops',
    fill: 0,
    queries: [
      line(rate('hitwatch_lookups_unclassified_total'), 'no pattern'),
      line(rate('hitwatch_lookups_without_tenant_total'), 'no tenant'),
      line(rate('hitwatch_tenants_overflowed_total'), 'past the limit'),
    ],
    links: [dashboardLink('Tenants', uids.tenants)],
    w: 8,
    h: 8,
  }),
  states({
    title: 'Statistics of applications',
    description: 'Whether each endpoint in apps.stats_endpoints answers. One that does not is not seen by rules on hits and misses.',
    mappings: mapped({ 0: ['cannot be read', 'red'], 1: ['fine', 'green'] }),
    queries: [{ expr: gauge('hitwatch_stats_endpoint_up', 'instance, url'), legend: '{{url}}' }],
    noValue: 'No endpoints are configured',
    mayBeEmpty: noEndpoints,
    w: 24,
    h: 5,
  }),
];

const rules = [
  timeseries({
    title: 'Duration of evaluations by group',
    description: 'How long the last evaluation of a group took. Near its interval evaluations are skipped and alerts come late: make the rule cheaper or the interval longer.',
    unit: 's',
    fill: 0,
    queries: [
      { expr: `topk(10, ${gauge('hitwatch_rule_group_last_duration_seconds', 'rule_group')})`, legend: '{{rule_group}}' },
    ],
    links: [traceLink('Evaluations as traces', '{resource.service.name="hitwatch" && name=~"evaluate .*"}')],
    w: 12,
    h: 9,
  }),
  table({
    title: 'Rule groups',
    description: 'Missed: evaluations of the last half hour that were skipped; Failed: those of rules that ended with an error. Both should be nought. Age: since the last evaluation.',
    queries: [
      { expr: gauge('hitwatch_rule_group_rules', 'instance, rule_group') },
      { expr: gauge('hitwatch_rule_group_interval_seconds', 'instance, rule_group') },
      {
        expr: `time() - (${gauge('hitwatch_rule_group_last_evaluation_timestamp_seconds', 'instance, rule_group')} > 0)`,
      },
      { expr: grown('hitwatch_rule_group_iterations_missed_total', 'instance, rule_group', '30m') },
      { expr: grown('hitwatch_rule_evaluation_failures_total', 'instance, rule_group', '30m') },
    ],
    columns: [
      { label: 'rule_group', name: 'Group' },
      { label: 'instance', name: 'Daemon', width: 130 },
      { query: 0, name: 'Rules', decimals: 0, width: 70 },
      { query: 1, name: 'Interval', unit: 's', width: 80 },
      { query: 2, name: 'Age', unit: 's', width: 80 },
      { query: 3, name: 'Missed', decimals: 0, width: 80, thresholds: above(1) },
      { query: 4, name: 'Failed', decimals: 0, width: 80, thresholds: above(1) },
    ],
    sortBy: 'Failed',
    w: 12,
    h: 9,
  }),
  timeseries({
    title: 'Alerts',
    description: 'Pending and firing, Watchdog included, which fires always.',
    decimals: 0,
    queries: [{ expr: `sum by (state) (hitwatch_alerts{${d}})`, legend: '{{state}}' }],
    overrides: {
      '/^firing$/': [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }],
      '/^pending$/': [{ id: 'color', value: { mode: 'fixed', fixedColor: 'yellow' } }],
    },
    links: [alertListLink],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Alerts by name',
    description: 'Which alerts are pending or firing. Click one for what to do about it.',
    decimals: 0,
    bars: true,
    stacked: true,
    queries: [
      { expr: `sum by (alertname, state) (hitwatch_alerts_active{${d}})`, legend: '{{alertname}} {{state}}' },
    ],
    links: [runbookLink('${__field.labels.alertname}'), alertListLink],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Memory of the rules',
    description: 'What the series that rules and queries can read take. rules.window and web.query_api say how long and how many are kept.',
    unit: 'bytes',
    queries: [line(gauge('hitwatch_window_bytes'))],
    w: 8,
    h: 8,
  }),
];

const notifications = [
  timeseries({
    title: 'Notifications sent',
    description: 'Per receiver, in 5 minutes, and attempts that failed and are tried again. Failures that do not end are a wrong address or token: the log has the answer of the receiver.',
    decimals: 0,
    bars: true,
    queries: [
      { expr: grown('hitwatch_notifications_sent_total', 'receiver', '5m'), legend: '{{receiver}} sent' },
      { expr: grown('hitwatch_notifications_failed_attempts_total', 'receiver', '5m'), legend: '{{receiver}} failed' },
    ],
    links: [traceLink('Deliveries as traces', '{resource.service.name="hitwatch" && name=~"notify .*"}')],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Notifications that wait',
    description: 'Not delivered yet, by receiver. HitwatchNotificationsPending fires after 10 minutes. They are kept on disk and survive a restart.',
    decimals: 0,
    queries: [{ expr: gauge('hitwatch_notifications_pending', 'receiver'), legend: '{{receiver}}' }],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Age of the oldest one that waits',
    description: 'Seconds since the oldest undelivered notification was made, by receiver. After notify.max_age it is given up, and HitwatchNotificationsDead fires.',
    unit: 's',
    queries: [{ expr: gauge('hitwatch_notifications_oldest_pending_seconds', 'receiver'), legend: '{{receiver}}' }],
    w: 8,
    h: 8,
  }),
];

const traces = [
  timeseries({
    title: 'Spans',
    description: 'Sent per second. Nothing is gathered without an endpoint (traces.otlp).',
    unit: 'cps',
    fill: 0,
    queries: [line(rate('hitwatch_spans_exported_total'), 'sent')],
    links: [traceLink('Spans of hitwatch', '{resource.service.name="hitwatch"}')],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Spans dropped',
    description: 'In 5 minutes by reason: queue_full and expired, the receiver is away or slow; refused and rejected, it does not take them: a wrong path or token as a rule.',
    decimals: 0,
    queries: [{ expr: grown('hitwatch_spans_dropped_total', 'reason', '5m'), legend: '{{reason}}' }],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Requests with spans',
    description: 'Per second by outcome. busy and failed are tried again until they expire; refused is not.',
    unit: 'reqps',
    stacked: true,
    queries: [{ expr: rate('hitwatch_trace_requests_total', 'outcome'), legend: '{{outcome}}' }],
    w: 8,
    h: 8,
  }),
];

const process = [
  timeseries({
    title: 'Processor',
    description: 'Cores that the daemon uses. It grows with targets, their series and reports; docs/benchmarks.md has what is usual.',
    unit: 'percentunit',
    queries: [
      {
        expr: `sum by (instance) (rate(process_cpu_seconds_total{${d}}[${R}]) and on (job, instance) hitwatch_build_info{${d}})`,
        legend: '{{instance}}',
      },
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Memory',
    description: 'What the system gives the process. Tenants, targets and the window of the rules take most of it; all have bounds, so that it ends to grow.',
    unit: 'bytes',
    queries: [
      {
        expr: `max by (instance) (process_resident_memory_bytes{${d}} and on (job, instance) hitwatch_build_info{${d}})`,
        legend: '{{instance}}',
      },
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Open files',
    description: 'Sockets included; dashed the limit. A steady climb is a leak: tell the makers.',
    decimals: 0,
    log: true,
    softMin: null,
    fill: 0,
    queries: [
      line(`${gauge('process_open_fds')} and on (instance) ${gauge('hitwatch_build_info')}`),
      line(`${gauge('process_max_fds')} and on (instance) ${gauge('hitwatch_build_info')}`, 'limit'),
    ],
    target: '/^limit /',
    w: 8,
    h: 8,
  }),
];

export default dashboard({
  name: 'hitwatch',
  uid: uids.hitwatch,
  title: 'hitwatch / hitwatch itself',
  description: 'Whether what hitwatch shows is fresh and complete, and whether what it finds gets out.',
  variables: [
    v.datasourceVariable,
    v.jobVariable,
    v.daemonVariable,
    v.instanceVariable,
    v.tracesVariable,
  ],
  annotations: [alertMarks],
  rows: [
    { panels: glance },
    { title: 'Polls', panels: polls },
    { title: 'Reports of applications', panels: reports },
    { title: 'Rules and alerts', panels: rules },
    { title: 'Notifications', panels: notifications },
    { title: 'Traces', panels: traces },
    { title: 'The process', panels: process },
  ],
});
