// What gets out of hitwatch: alerts, notifications and traces.
import { d, gauge, grown, line, rate } from './daemon_queries.mjs';
import { alertListLink, runbookLink, traceLink } from './links.mjs';
import { above, table, timeseries } from './panels.mjs';

export const rules = [
  timeseries({
    title: 'Duration of evaluations by group',
    shows: 'How long the last evaluation of a group took.',
    act: 'Near its interval evaluations are skipped and alerts come late: make the rule cheaper or the interval longer.',
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
    shows: 'Missed: evaluations of the last half hour that were skipped; Failed: those of rules that ended with an error; Age: since the last evaluation.',
    act: 'Missed and Failed should be nought: GET /api/v1/rules has the error of a rule; a group that misses evaluations needs a longer interval or cheaper rules.',
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
    shows: 'Pending and firing, Watchdog included, which fires always.',
    act: 'If more fire than somebody can look at, begin with the oldest; if Watchdog does not, nothing is evaluated: see the log.',
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
    shows: 'Which alerts are pending or firing.',
    act: 'Click one for its runbook, which says what to do.',
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
    shows: 'What the series that rules and queries can read take. rules.window and web.query_api say how long and how many are kept.',
    act: 'If it is too much for the host, make rules.window shorter, or switch web.query_api off if nobody asks.',
    unit: 'bytes',
    queries: [line(gauge('hitwatch_window_bytes'))],
    w: 8,
    h: 8,
  }),
];

export const notifications = [
  timeseries({
    title: 'Notifications sent',
    shows: 'Per receiver, in 5 minutes, and attempts that failed and are tried again.',
    act: 'Failures that do not end are a wrong address or token: look in the log for the answer of the receiver, and mend it under notify.',
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
    shows: 'Not delivered yet, by receiver.',
    act: 'HitwatchNotificationsPending fires after 10 minutes: look in the log for what the receiver answers. They are kept on disk and survive a restart.',
    decimals: 0,
    queries: [{ expr: gauge('hitwatch_notifications_pending', 'receiver'), legend: '{{receiver}}' }],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Age of the oldest one that waits',
    shows: 'Seconds since the oldest undelivered notification was made, by receiver.',
    act: 'After notify.max_age it is given up, and HitwatchNotificationsDead fires: mend the address, the token or the receiver before that.',
    unit: 's',
    queries: [{ expr: gauge('hitwatch_notifications_oldest_pending_seconds', 'receiver'), legend: '{{receiver}}' }],
    w: 8,
    h: 8,
  }),
];

export const traces = [
  timeseries({
    title: 'Spans',
    shows: 'Sent per second.',
    act: 'Nothing is gathered without an endpoint: set traces.otlp. If there are slow commands and nothing is sent, see the two panels beside this one.',
    unit: 'cps',
    fill: 0,
    queries: [line(rate('hitwatch_spans_exported_total'), 'sent')],
    links: [traceLink('Spans of hitwatch', '{resource.service.name="hitwatch"}')],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Spans dropped',
    shows: 'Spans that were not sent, in 5 minutes by reason.',
    act: 'queue_full and expired: the receiver is away or slow, look whether it runs; refused and rejected: it does not take them, as a rule for a wrong path or token in traces.otlp.',
    decimals: 0,
    queries: [{ expr: grown('hitwatch_spans_dropped_total', 'reason', '5m'), legend: '{{reason}}' }],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Requests with spans',
    shows: 'Per second by outcome. busy and failed are tried again until they expire; refused is not.',
    act: 'busy and failed are tried again until they expire: look whether the receiver runs. refused is not: look at the path and the token in traces.otlp.',
    unit: 'reqps',
    stacked: true,
    queries: [{ expr: rate('hitwatch_trace_requests_total', 'outcome'), legend: '{{outcome}}' }],
    w: 8,
    h: 8,
  }),
];
