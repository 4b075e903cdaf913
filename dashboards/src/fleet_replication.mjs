// Who replicates whom, and how far behind.
import { serverOfLine, thisServer } from './links.mjs';
import { above, mapped, table, timeseries, upOrDown } from './panels.mjs';
import * as q from './queries.mjs';

const s = q.server;
const of = q.latest;

export default [
  table({
    title: 'Replication tree',
    shows: 'Every replica that is watched, below the master that it follows; in one of two groups: what sentinels call it, or cluster and shard. Depth: 1 follows a master, 2 a replica of one. Behind: seconds and bytes, from what both ends say.',
    act: 'If a link is down, look whether the master lives and at the log of the replica; if it is behind more and more, at its processor and the network. One that its master does not list gets nothing: see what it announces.',
    queries: [
      { expr: of('redis_replication_depth') },
      { expr: of('redis_replication_lag_seconds', 'instance, master') },
      { expr: of('redis_replication_lag_bytes', 'instance, master') },
      { expr: `min by (instance) (redis_master_link_up{${s}})` },
      {
        expr:
          `${of('redis_replication_unlisted')} or ${of('redis_replication_depth')} * 0`,
      },
      {
        expr:
          `group by (instance, master_name, cluster, shard) (redis_up{${s}}) ` +
          `and on (instance) redis_replication_depth{${s}}`,
      },
    ],
    columns: [
      { label: 'master_name', name: 'Group', width: 100 },
      { label: 'cluster', name: 'Cluster', width: 100 },
      { label: 'shard', name: 'Shard', width: 100 },
      { label: 'master', name: 'Master' },
      { label: 'instance', name: 'Replica', links: [thisServer] },
      { query: 0, name: 'Depth', decimals: 0, width: 70 },
      { query: 3, name: 'Link', ...upOrDown, width: 80 },
      { query: 1, name: 'Behind', unit: 's', thresholds: above(10, 5), width: 90 },
      { query: 2, name: 'Bytes behind', unit: 'bytes', width: 110 },
      {
        query: 4,
        name: 'Listed',
        mappings: mapped({ 0: ['yes', 'green'], 1: ['no', 'red'] }),
        thresholds: above(1),
        width: 80,
      },
    ],
    noValue: 'No replicas are watched',
    sortBy: 'Master',
    descending: false,
    w: 24,
    h: 8,
  }),
  table({
    title: 'Replicas as their masters see them',
    shows: 'Also those that are not watched themselves. Silent: seconds since the last acknowledgement, red beyond 10; Behind: bytes not acknowledged.',
    act: 'One that is missing here is not connected: look at its log. One that is silent or behind more and more: look at its processor and at the network between the two.',
    queries: [
      { expr: of('redis_connected_slave_lag_seconds', 'instance, slave_ip, slave_port, slave_state') },
      {
        expr:
          `${of('redis_master_repl_offset')} - on (instance) group_right () ` +
          of('redis_connected_slave_offset_bytes', 'instance, slave_ip, slave_port, slave_state'),
      },
    ],
    columns: [
      { label: 'instance', name: 'Master', links: [thisServer] },
      { label: 'slave_ip', name: 'Replica' },
      { label: 'slave_port', name: 'Port', width: 80 },
      { label: 'slave_state', name: 'State', width: 100 },
      { query: 0, name: 'Silent', unit: 's', thresholds: above(10, 5) },
      { query: 1, name: 'Behind', unit: 'bytes' },
    ],
    noValue: 'No master has replicas',
    narrow: 100,
    w: 12,
    h: 8,
  }),
  timeseries({
    title: 'Copies for replicas',
    shows: 'What masters sent to replicas that connected, in 5 minutes: full copies, what was missing (partial), and wishes for that which came too late (denied), after which a full copy follows.',
    act: 'A full copy costs the master a fork and its network: if they repeat, raise repl-backlog-size and client-output-buffer-limit for replicas.',
    decimals: 0,
    fill: 0,
    queries: [
      { expr: `sum by (instance) (increase(redis_replica_resyncs_full{${s}}[5m]))`, legend: 'full {{instance}}' },
      { expr: `sum by (instance) (increase(redis_replica_partial_resync_accepted{${s}}[5m]))`, legend: 'partial {{instance}}' },
      { expr: `sum by (instance) (increase(redis_replica_partial_resync_denied{${s}}[5m]))`, legend: 'denied {{instance}}' },
    ],
    links: [serverOfLine],
    w: 12,
    h: 8,
  }),
  timeseries({
    title: 'Silence of replicas',
    shows: 'Seconds since a replica last acknowledged, as its master sees it; dashed the threshold replication_lag.',
    act: 'One above the line is stopped, overloaded or badly connected: look whether its server answers, then at the network between the two.',
    unit: 's',
    fill: 0,
    queries: [
      {
        expr: of('redis_connected_slave_lag_seconds', 'instance, slave_ip, slave_port'),
        legend: '{{slave_ip}}:{{slave_port}} of {{instance}}',
      },
      { expr: q.threshold('replication_lag', 10), legend: 'threshold' },
    ],
    target: '/^threshold$/',
    links: [serverOfLine],
    w: 12,
    h: 8,
  }),
  timeseries({
    title: 'Bytes behind',
    shows: 'What replicas have not acknowledged of the stream of their master.',
    act: 'One that falls behind more and more is too slow, or its network is: look at the processor of the replica and at what the master writes; raise repl-backlog-size before a link breaks.',
    unit: 'bytes',
    fill: 0,
    queries: [
      {
        expr:
          `${of('redis_master_repl_offset')} - on (instance) group_right () ` +
          of('redis_connected_slave_offset_bytes', 'instance, slave_ip, slave_port'),
        legend: '{{slave_ip}}:{{slave_port}} of {{instance}}',
      },
    ],
    links: [serverOfLine],
    w: 12,
    h: 8,
  }),
];
