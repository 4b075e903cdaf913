// The wire tap: whether it sees all that passes, and whether what it counts is what servers count.
import { gauge, grown, line, rate } from './daemon_queries.mjs';
import { daemonLink, serverOfLine } from './links.mjs';
import { timeseries } from './panels.mjs';
import * as q from './queries.mjs';

const noValue = 'The tap is off (tap.enabled), or there was too little to tell yet';
const figures = daemonLink('What the tap sees, as JSON', '/api/v1/tap');
const w = 8;
const h = 8;

export const wireTap = [
  timeseries({
    title: 'Coverage by server',
    shows: 'Commands that the tap saw over those that the server executed, of the last minutes. With tap.sample it is about the share that is captured.',
    act: 'Less than that are connections that pass another interface, TLS or Unix sockets, or packets that were dropped: name the interfaces in tap.interfaces, and see the panels beside this one.',
    unit: 'percentunit',
    min: 0,
    softMax: 1,
    fill: 0,
    noValue,
    queries: [
      {
        expr: `max by (instance) (hitwatch_tap_coverage_ratio{${q.server}})`,
        legend: '{{instance}}',
      },
    ],
    links: [serverOfLine, figures],
    w,
    h,
  }),
  timeseries({
    title: 'Disagreement by server',
    shows: 'What hits and misses on the wire differ by from those that the server counts; with tap.sample, what the ratios of hits do. Red line: the threshold tap_disagreement, beyond which HitwatchTapDisagrees fires after 10 minutes.',
    act: 'If it stays beyond the line while the coverage is whole, the tap misreads something: the counters of hitwatch_tap_contradictions_total and the runbook of the alert say more.',
    unit: 'percentunit',
    fill: 0,
    noValue,
    queries: [
      {
        expr: `max by (instance) (hitwatch_tap_disagreement_ratio{${q.server}})`,
        legend: '{{instance}}',
      },
      { expr: q.threshold('tap_disagreement', 0.02), legend: 'threshold' },
    ],
    target: '/^threshold$/',
    links: [serverOfLine, figures],
    w,
    h,
  }),
  timeseries({
    title: 'Packets and those that were dropped',
    shows: 'Packets per second: captured, dropped by the kernel because they came faster than they were read, cut because they were longer than tap.snaplen, and seen on two interfaces.',
    act: 'Dropped packets make coverage lower, never figures wrong. If there are any, raise tap.buffer, or capture a share of the connections with tap.sample. Cut ones do no harm where they hold one value each; else raise tap.snaplen.',
    unit: 'pps',
    fill: 0,
    noValue,
    queries: [
      line(rate('hitwatch_tap_packets_total'), 'captured'),
      line(rate('hitwatch_tap_packets_dropped_total'), 'dropped'),
      line(rate('hitwatch_tap_packets_cut_total'), 'cut'),
      line(rate('hitwatch_tap_packets_repeated_total'), 'seen twice'),
    ],
    w,
    h,
  }),
  timeseries({
    title: 'What the tap did not count',
    shows: 'In 5 minutes: gaps (bytes that were missed), contradictions (replies that do not fit their requests), requests whose replies were not believed, keys too long or too many to be counted by pattern; and scripts, of which the lookups are not seen.',
    act: 'Gaps with dropped packets: see the panel beside this one. Contradictions without gaps are something the tap does not understand, such as a proxy on a port of Redis: take that port out of tap.ports.',
    decimals: 0,
    fill: 0,
    noValue,
    queries: [
      line(grown('hitwatch_tap_gaps_total', 'instance', '5m'), 'gaps'),
      line(grown('hitwatch_tap_contradictions_total', 'instance', '5m'), 'contradictions'),
      line(grown('hitwatch_tap_lost_requests_total', 'instance', '5m'), 'lost requests'),
      line(grown('hitwatch_tap_uncounted_keys_total', 'instance', '5m'), 'uncounted keys'),
      {
        expr: `sum by (instance) (increase(hitwatch_tap_scripts_total{${q.server}}[5m]))`,
        legend: 'scripts {{instance}}',
      },
    ],
    w,
    h,
  }),
  timeseries({
    title: 'Connections that cannot be read',
    shows: 'In 5 minutes: connections that are encrypted, those of replicas and of MONITOR, and those that were given up to make room for others.',
    act: 'Lookups over TLS are seen by applications alone: have those report them. Those of replicas are left out by design.',
    decimals: 0,
    fill: 0,
    noValue,
    queries: [
      line(grown('hitwatch_tap_tls_connections_total', 'instance', '5m'), 'encrypted'),
      line(grown('hitwatch_tap_replication_connections_total', 'instance', '5m'), 'replication'),
      line(grown('hitwatch_tap_connections_evicted_total', 'instance', '5m'), 'given up'),
    ],
    w,
    h,
  }),
  timeseries({
    title: 'Connections that are followed',
    shows: 'By the tap, now.',
    act: 'It is about as many as the servers have clients. More and more are clients that connect anew for each command: have them keep their connections.',
    decimals: 0,
    fill: 0,
    noValue,
    queries: [line(gauge('hitwatch_tap_connections'))],
    w,
    h,
  }),
  timeseries({
    title: 'Memory of the tap',
    shows: 'For outstanding requests and segments that came out of order. Connections have bounds, and so has all of it.',
    act: 'If it stays high, clients pipeline a lot, or packets are missing: see what the tap did not count.',
    unit: 'bytes',
    fill: 0,
    noValue,
    queries: [line(gauge('hitwatch_tap_buffer_bytes'))],
    w,
    h,
  }),
  timeseries({
    title: 'Captured bytes',
    shows: 'Bytes per second of the packets that were captured, as they were sent.',
    act: 'It is what the interface carries for the servers. If the tap costs too much of it, lower tap.snaplen where clients do not pipeline: of a value only the length matters.',
    unit: 'Bps',
    noValue,
    queries: [line(rate('hitwatch_tap_bytes_total'))],
    w,
    h,
  }),
  timeseries({
    title: 'Whether the tap captures',
    shows: '1 while all interfaces are captured, 0 while one is not or none is.',
    act: 'At 0, the log of hitwatch says why: CAP_NET_RAW is missing, or an interface is not there. HitwatchTapDown fires after 5 minutes.',
    decimals: 0,
    min: 0,
    max: 1,
    noValue,
    queries: [line(gauge('hitwatch_tap_up'))],
    w,
    h,
  }),
];
