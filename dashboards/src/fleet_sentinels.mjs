// Sentinels: whom they name as master, and whether they could replace it.
import { thisServer } from './links.mjs';
import { above, mapped, states, table, timeseries } from './panels.mjs';
import * as q from './queries.mjs';

const s = q.server;
// Of groups as such, which are no server's.
const groups = 'job=~"$job",master_name=~"$group"';
const of = q.latest;

export default [
  table({
    title: 'Masters that sentinels agree on',
    shows: 'Of each group the server that most sentinels name, how many name another, and failovers since hitwatch follows them.',
    act: 'Where some disagree, applications write to different servers: compare SENTINEL GET-MASTER-ADDR-BY-NAME of each, and mend the network between them.',
    queries: [
      { expr: `max by (master_name, master_address) (redis_sentinel_agreed_master{${groups}})` },
      { expr: `max by (master_name) (redis_sentinel_disagreement{${groups}})` },
      { expr: `max by (master_name) (redis_sentinel_failovers_total{${groups}})` },
    ],
    columns: [
      { label: 'master_name', name: 'Group' },
      { label: 'master_address', name: 'Master' },
      { query: 1, name: 'Disagree', decimals: 0, thresholds: above(1) },
      { query: 2, name: 'Failovers', decimals: 0 },
    ],
    noValue: 'No sentinels are followed',
    narrow: 110,
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'What sentinels published',
    shows: 'Messages in 5 minutes by channel, those of all sentinels together: a failover has +odown, +try-failover and +switch-master.',
    act: '+sdown alone is one sentinel that does not reach a server; if +sdown and -sdown go on and on, down-after-milliseconds is too short for that network.',
    decimals: 0,
    fill: 0,
    queries: [
      { expr: `sum by (event) (increase(redis_sentinel_events_total{job=~"$job"}[5m]))`, legend: '{{event}}' },
    ],
    w: 8,
    h: 8,
  }),
  states({
    title: 'Sentinels that are listened to',
    shows: 'Whether hitwatch hears at once what a sentinel finds out; else it asks every second.',
    act: 'If it stays asked, the user of hitwatch may not subscribe there: docs/security.md has the rights that it needs.',
    mappings: mapped({ 0: ['asked', 'yellow'], 1: ['listened to', 'green'] }),
    queries: [
      { expr: `min by (sentinel) (redis_sentinel_subscribed{job=~"$job"})`, legend: '{{sentinel}}' },
    ],
    noValue: 'No sentinels are followed',
    w: 8,
    h: 8,
  }),
  table({
    title: 'Masters as sentinels see them',
    shows: 'Of each sentinel: whether the master is up, its replicas and sentinels, how many of them answer, and whether a failover has a quorum.',
    act: 'Sentinels that name different masters are the worst case: SENTINEL RESET, one after the other, has them look anew. Where fewer answer than there are, start what is missing.',
    queries: [
      { expr: of('redis_sentinel_master_status', 'instance, master_name, master_address') },
      { expr: of('redis_sentinel_master_slaves', 'instance, master_name, master_address') },
      { expr: of('redis_sentinel_master_ok_slaves', 'instance, master_name, master_address') },
      { expr: of('redis_sentinel_master_sentinels', 'instance, master_name, master_address') },
      { expr: of('redis_sentinel_master_ok_sentinels', 'instance, master_name, master_address') },
    ],
    columns: [
      { label: 'instance', name: 'Sentinel', links: [thisServer] },
      { label: 'master_name', name: 'Master' },
      { label: 'master_address', name: 'Address' },
      {
        query: 0,
        name: 'State',
        mappings: mapped({ 0: ['down', 'red'], 1: ['ok', 'green'] }),
        thresholds: [
          [null, 'red'],
          [1, 'green'],
        ],
      },
      { query: 1, name: 'Replicas', decimals: 0 },
      { query: 2, name: 'Replicas that answer', decimals: 0 },
      { query: 3, name: 'Sentinels', decimals: 0 },
      { query: 4, name: 'Sentinels that answer', decimals: 0 },
    ],
    noValue: 'No sentinels are watched',
    narrow: 110,
    w: 16,
    h: 8,
  }),
  states({
    title: 'Quorum and tilt',
    shows: 'Whether a sentinel could fail its master over now, and whether it is in tilt: its clock jumped, so that it watches but does not act.',
    act: 'Without a quorum start the sentinels that are missing; in tilt look at the clock and the load of its host.',
    mappings: mapped({ 0: ['no', 'text'], 1: ['yes', 'blue'] }),
    queries: [
      {
        expr: `min by (instance, master_name) (redis_sentinel_master_ckquorum_status{${s}})`,
        legend: 'quorum {{master_name}} {{instance}}',
      },
      { expr: of('redis_sentinel_tilt'), legend: 'tilt {{instance}}' },
    ],
    w: 8,
    h: 8,
  }),
];
