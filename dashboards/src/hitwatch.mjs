// hitwatch itself: whether what it shows is fresh and complete, and whether what it finds gets out.
import { d, gauge, grown, line, rate } from './daemon_queries.mjs';
import { alertMarks, dashboard } from './dashboard.mjs';
import { notifications, rules, traces } from './hitwatch_messages.mjs';
import { wireTap } from './hitwatch_tap.mjs';
import { daemonLink, dashboardLink, serverOfLine, traceLink, uids } from './links.mjs';
import { above, mapped, stat, states, table, timeseries } from './panels.mjs';
import * as q from './queries.mjs';
import * as v from './variables.mjs';

const s = q.server;
const R = q.rateInterval;

const noFaults = 'Shown only while something is refused; the demonstration reports without faults.';
const noEndpoints = 'Only where applications are asked for their statistics (apps.stats_endpoints).';

const glance = [
  stat({
    title: 'Version',
    shows: 'Of each daemon.',
    act: 'Different ones are a rollout that has not ended: update the others, since rules and figures differ.',
    queries: [{ expr: `max by (instance, version) (hitwatch_build_info{${d}})`, legend: '{{version}} {{instance}}' }],
    thresholds: [[null, 'green']],
    text: 'Name',
    noGraph: true,
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Targets without figures',
    shows: 'Configured targets that have never been polled: no rule sees them.',
    act: 'GET /api/v1/targets shows which and why: mend their address or password in targets, or take them out.',
    decimals: 0,
    queries: [
      {
        expr: `sum(hitwatch_targets{${d}}) - (count(redis_up{job=~"$job"}) or sum(hitwatch_targets{${d}}) * 0)`,
        legend: 'without figures',
      },
    ],
    thresholds: above(1),
    links: [
      daemonLink('Targets and why, as JSON', '/api/v1/targets'),
      dashboardLink('Fleet', uids.fleet),
    ],
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Oldest figures',
    shows: 'The age of what is known of the server that was polled longest ago.',
    act: 'Red from a minute, the bundled threshold: Age of the figures by server says whose they are, and its dashboard why it is not polled.',
    unit: 's',
    queries: [{ expr: `max(redis_snapshot_age_seconds{${s}})`, legend: 'oldest' }],
    thresholds: above(60, 30),
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Rules that fail',
    shows: 'Evaluations in 5 minutes that ended with an error: such a rule can neither fire nor resolve.',
    act: 'GET /api/v1/rules has the error: mend the expression in the rule file, then reload.',
    decimals: 0,
    queries: [{ expr: `sum(increase(hitwatch_rule_evaluation_failures_total{${d}}[5m]))`, legend: 'failed' }],
    thresholds: above(1),
    links: [daemonLink('Rules and their errors, as JSON', '/api/v1/rules')],
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Notifications that wait or were given up',
    shows: 'Somebody has not been told.',
    act: 'GET /api/v1/notifications shows them and why: mend the address or the token of the receiver. Those that wait go out by themselves; dead ones are sent again with hitwatch notify resend.',
    decimals: 0,
    queries: [
      { expr: `sum(hitwatch_notifications_pending{${d}})`, legend: 'waiting' },
      { expr: `sum(hitwatch_notifications_dead{${d}})`, legend: 'dead' },
    ],
    noValue: 'no receivers',
    thresholds: above(1),
    text: 'ValueAndName',
    noGraph: true,
    links: [daemonLink('Notifications and why, as JSON', '/api/v1/notifications')],
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Configuration',
    shows: 'Whether the last reload was accepted.',
    act: 'If not, the former one is in force: mend what hitwatch check config names, and reload.',
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
    shows: 'Of all targets.',
    act: 'Polls that take long make everything late: look at the network, at the processor of this host and at servers that are slow themselves.',
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
    shows: 'Per second. A poll fails even if a part of it succeeded; HitwatchPollsFail fires beyond 3 in 5 minutes while all servers are up.',
    act: 'If it goes on, look in the log, which names server and command: a command that may not be run is a missing permission of the user of hitwatch.',
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
    shows: 'A saw-tooth as high as poll.interval is as it should be.',
    act: 'A line that climbs is a server whose polls do not end: click it for whether it answers, and look for slow commands there.',
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
    shows: 'How long answers to /metrics take, which never wait for a server. Nothing while nobody scrapes.',
    act: 'If it nears the time limit of the scrape, there are too many series or too little processor: lower keys.tenants.limit, or see the process below.',
    unit: 's',
    fill: 0,
    queries: [line(quantile(0.99, 'hitwatch_scrape_duration_seconds'), 'p99')],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Age of keyspace statistics',
    shows: 'How long ago the last round over the keys of a server ended. Red line: the threshold keyspace_age.',
    act: 'If rounds do not end, keys.sample.budget is too small for what the server has to do besides: raise it, or lower keys.sample.size.',
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
    shows: 'In 5 minutes: series past a bound, connections of HTTP clients ended by a limit, entries of slow logs that servers dropped before they were read.',
    act: 'All should be nought: the log says which bound it was; raise that, or ask for less.',
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
  timeseries({
    title: 'Lateness of polls',
    shows: 'How much later than planned polls begin. Red line: the threshold poll_lateness, for one in a hundred.',
    act: 'If p99 climbs, the daemon gets too little processor or has too many servers: lengthen poll.interval, or share the servers between several daemons (docs/scaling.md).',
    unit: 's',
    fill: 0,
    queries: [
      line(quantile(0.5, 'hitwatch_poll_lateness_seconds'), 'p50'),
      line(quantile(0.99, 'hitwatch_poll_lateness_seconds'), 'p99'),
      { expr: q.threshold('poll_lateness', 1), legend: 'threshold' },
    ],
    target: '/^threshold$/',
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Connections to servers',
    shows: 'Being opened at a time, waiting for their turn to be, and opened per second. Polls keep their connection, so few are opened.',
    act: 'Some that always wait are servers that do not answer and take their whole timeout: see which are down, and take out what is gone for good.',
    fill: 0,
    unit: 'short',
    queries: [
      line(gauge('hitwatch_connects_in_flight'), 'being opened'),
      line(gauge('hitwatch_connects_waiting'), 'waiting'),
      line(rate('hitwatch_connects_total'), 'opened per second'),
    ],
    w: 8,
    h: 8,
  }),
  table({
    title: 'Shares of the fleet',
    shows: 'Which part of the servers each daemon watches, and how many of its list are those of others.',
    act: 'There must be one daemon for each part: look for the one that is missing, or for two with the same.',
    queries: [
      { expr: gauge('hitwatch_shard_info', 'instance, shard') },
      { expr: gauge('hitwatch_targets') },
      { expr: gauge('hitwatch_targets_elsewhere') },
    ],
    columns: [
      { label: 'instance', name: 'Daemon' },
      { label: 'shard', name: 'Part', width: 80 },
      { query: 1, name: 'Servers', decimals: 0, width: 80 },
      { query: 2, name: 'Elsewhere', decimals: 0, width: 90 },
    ],
    w: 8,
    h: 8,
  }),
  table({
    title: 'Where servers come from',
    shows: 'Sentinels and clusters that say which servers there are: how many they named, how long ago somebody answered, and questions of the last half hour that nobody did.',
    act: 'If Age grows, none of the sentinels or nodes answers, and failovers are not seen: the log says why of each; name several of them in urls.',
    queries: [
      { expr: gauge('hitwatch_discovery_targets', 'instance, source') },
      { expr: gauge('hitwatch_discovery_age_seconds', 'instance, source') },
      { expr: grown('hitwatch_discovery_failures_total', 'instance, source', '30m') },
    ],
    columns: [
      { label: 'source', name: 'Source' },
      { label: 'instance', name: 'Daemon', width: 130 },
      { query: 0, name: 'Servers', decimals: 0, width: 80 },
      { query: 1, name: 'Age', unit: 's', width: 80, thresholds: above(60, 30) },
      { query: 2, name: 'Failed', decimals: 0, width: 80 },
    ],
    noValue: 'All servers are named',
    w: 24,
    h: 6,
  }),
];

const reports = [
  timeseries({
    title: 'Reports of applications',
    shows: 'What arrives per second through each door.',
    act: 'A door that falls silent while applications run is a network or a token: look at the panel beside this one and at the log of the application.',
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
    shows: 'In 5 minutes: lines and points with a fault, bodies of which nothing was counted, datagrams that the kernel dropped. What is lost makes hits and misses too low.',
    act: 'docs/lookups.md explains each reason: mend what reports; for dropped datagrams give the daemon CAP_NET_ADMIN, or raise net.core.rmem_max of the host.',
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
    shows: 'Per second: keys that no pattern matches, keys without the tenant that they must carry, tenants past the limit. They are counted, but for nobody.',
    act: 'Add a pattern to keys.patterns, have the application put the tenant into its keys, or raise keys.tenants.limit.',
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
    shows: 'Whether each endpoint in apps.stats_endpoints answers.',
    act: 'One that does not is not seen by rules on hits and misses: see that its address is right and that it can be reached from this host.',
    mappings: mapped({ 0: ['cannot be read', 'red'], 1: ['fine', 'green'] }),
    queries: [{ expr: gauge('hitwatch_stats_endpoint_up', 'instance, url'), legend: '{{url}}' }],
    noValue: 'No endpoints are configured',
    mayBeEmpty: noEndpoints,
    w: 24,
    h: 5,
  }),
];

const process = [
  timeseries({
    title: 'Processor',
    shows: 'Cores that the daemon uses.',
    act: 'It grows with targets, their series and reports; docs/benchmarks.md has what is usual. If it is more, poll less often (poll.interval), or share the targets out among several daemons (docs/scaling.md).',
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
    shows: 'What the system gives the process.',
    act: 'Tenants, targets and the window of the rules take most of it; all have bounds, so that it ends to grow. If it ends too high, lower keys.tenants.limit or rules.window.',
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
    shows: 'Sockets included; dashed the limit.',
    act: 'A steady climb is a leak: tell the makers.',
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
    { title: 'Wire tap', panels: wireTap },
    { title: 'Rules and alerts', panels: rules },
    { title: 'Notifications', panels: notifications },
    { title: 'Traces', panels: traces },
    { title: 'The process', panels: process },
  ],
});
