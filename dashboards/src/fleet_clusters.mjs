// Clusters: their nodes, slots and balance.
import { serverOfLine, thisServer } from './links.mjs';
import { below, mapped, states, table, timeseries, upOrDown } from './panels.mjs';
import * as q from './queries.mjs';

// Of clusters as such, which are no server's.
const c = 'job=~"$job",cluster=~"$cluster"';
const shards = `${c},shard=~"$shard"`;
const nodes = `${shards},cluster!=""`; // All is any other server, too
const ofShard = (metric) => `max by (cluster, shard) (${metric}{${shards}})`;
const of = q.latest;

export default [
  table({
    title: 'Nodes of clusters',
    shows: 'Every node that clusters know, whether hitwatch gets an answer, and which slots it serves.',
    act: 'A node with the flag fail is held for failed by most masters: start it, or look at the network of the cluster bus if it answers. One with fail? is suspected by some only.',
    queries: [
      { expr: `max by (cluster, shard, instance, role, slots, flags) (redis_cluster_node_info{${shards}})` },
      { expr: `min by (instance) (redis_up{${nodes}})` },
      { expr: `sum by (instance) (redis_db_keys{${nodes}})` },
      { expr: `max by (instance) (redis_memory_used_bytes{${nodes}})` },
      { expr: q.sumRate('redis_commands_processed_total', nodes, 'instance', '5m') },
    ],
    columns: [
      { label: 'cluster', name: 'Cluster', width: 100 },
      { label: 'shard', name: 'Shard', width: 100 },
      { label: 'instance', name: 'Node', links: [thisServer] },
      { label: 'role', name: 'Role', width: 80 },
      { label: 'flags', name: 'Flags' },
      { label: 'slots', name: 'Slots' },
      { query: 1, name: 'Answers', ...upOrDown, width: 80 },
      { query: 2, name: 'Keys', unit: 'short', width: 90 },
      { query: 3, name: 'Memory', unit: 'bytes', width: 100 },
      { query: 4, name: 'Commands', unit: 'ops', width: 100 },
    ],
    noValue: 'No cluster is watched',
    sortBy: 'Shard',
    descending: false,
    w: 24,
    h: 8,
  }),
  table({
    title: 'Shards',
    shows: 'Each shard once, however many nodes it has. Replicas: those in order.',
    act: 'A shard without a replica loses its slots with its master: start one. Where one shard has far more than its part, see Imbalance beside this.',
    queries: [
      { expr: ofShard('redis_cluster_shard_slots') },
      { expr: ofShard('redis_cluster_shard_replicas') },
      { expr: ofShard('redis_cluster_shard_keys') },
      { expr: ofShard('redis_cluster_shard_memory_bytes') },
      { expr: ofShard('redis_cluster_shard_ops_per_second') },
    ],
    columns: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'shard', name: 'Shard' },
      { query: 0, name: 'Slots', decimals: 0 },
      { query: 1, name: 'Replicas', decimals: 0, thresholds: below(1) },
      { query: 2, name: 'Keys', unit: 'short' },
      { query: 3, name: 'Memory', unit: 'bytes' },
      { query: 4, name: 'Commands', unit: 'ops' },
    ],
    noValue: 'No cluster is watched',
    sortBy: 'Cluster',
    descending: false,
    narrow: 90,
    w: 12,
    h: 8,
  }),
  timeseries({
    title: 'Imbalance',
    shows: 'How many times the mean the fullest shard has, of slots, keys, memory and commands: 1 is even. Dashed the threshold cluster_imbalance.',
    act: 'Uneven slots: redis-cli --cluster rebalance. Even slots with uneven keys are hash tags; uneven commands a few keys that all ask for: split them in the application.',
    decimals: 2,
    fill: 0,
    softMin: 1,
    queries: [
      { expr: `max by (cluster, of) (redis_cluster_imbalance_ratio{${c}})`, legend: '{{of}} {{cluster}}' },
      { expr: q.threshold('cluster_imbalance', 1.5), legend: 'threshold' },
    ],
    target: '/^threshold$/',
    w: 12,
    h: 8,
  }),
  ...[
    ['Keys by shard', 'short', 'redis_cluster_shard_keys', 'Keys of the master of each shard.', 'One that grows alone has a hash tag that many keys share: look with hitwatch keys.'],
    ['Memory by shard', 'bytes', 'redis_cluster_shard_memory_bytes', 'Memory of the master of each shard.', 'One that is fuller with as many keys holds big ones: hitwatch keys names them.'],
    ['Commands by shard', 'ops', 'redis_cluster_shard_ops_per_second', 'Commands of all nodes of each shard, per second.', 'One that is much busier has keys that all ask for: keep copies of them in the applications, or read from replicas.'],
  ].map(([title, unit, metric, shows, act]) =>
    timeseries({
      title,
      shows,
      act,
      unit,
      fill: 0,
      queries: [{ expr: ofShard(metric), legend: '{{shard}} {{cluster}}' }],
      w: 8,
      h: 8,
    }),
  ),
  timeseries({
    title: 'Slots, nodes and views',
    shows: 'Of each cluster as hitwatch sees it: slots without a master in order, nodes held for failed, nodes whose view differs from that of most.',
    act: 'All should be nought. Slots: bring the master back, or promote a replica (CLUSTER FAILOVER FORCE). Views: compare CLUSTER NODES of each; one is cut off, or was not told to forget a node.',
    decimals: 0,
    fill: 0,
    queries: [
      { expr: `16384 - max by (cluster) (redis_cluster_slots_covered{${c}})`, legend: 'slots uncovered {{cluster}}' },
      { expr: `max by (cluster) (redis_cluster_nodes_failed{${c}})`, legend: 'nodes failed {{cluster}}' },
      { expr: `max by (cluster) (redis_cluster_disagreement{${c}})`, legend: 'views differ {{cluster}}' },
    ],
    w: 24,
    h: 8,
  }),
  states({
    title: 'State of the cluster',
    shows: 'As each node sees it.',
    act: 'A node that says fail refuses commands: some slots have no master, or it is cut off from the majority. See the panel beside it, bring the masters back, or promote a replica (CLUSTER FAILOVER).',
    mappings: mapped({ 0: ['fail', 'red'], 1: ['ok', 'green'] }),
    queries: [{ expr: of('redis_cluster_state'), legend: '{{instance}}' }],
    links: [serverOfLine],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Slots that are not served',
    shows: 'Of 16,384, as each node sees it: without an owner, with an owner that failed for all (fail), or that this node does not reach (pfail).',
    act: 'All should be nought: bring the owner back or promote one of its replicas; unassigned ones are given out with redis-cli --cluster fix.',
    decimals: 0,
    fill: 0,
    queries: [
      { expr: `16384 - (${of('redis_cluster_slots_assigned')})`, legend: 'unassigned {{instance}}' },
      { expr: of('redis_cluster_slots_fail'), legend: 'fail {{instance}}' },
      { expr: of('redis_cluster_slots_pfail'), legend: 'pfail {{instance}}' },
    ],
    links: [serverOfLine],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Nodes and masters known',
    shows: 'Nodes that each node knows, and masters with slots.',
    act: 'Nodes that differ in this do not see the same cluster: CLUSTER FORGET what is gone for good, on each of them, and CLUSTER MEET what they miss.',
    decimals: 0,
    fill: 0,
    queries: [
      { expr: of('redis_cluster_known_nodes'), legend: 'nodes {{instance}}' },
      { expr: of('redis_cluster_size'), legend: 'masters {{instance}}' },
    ],
    links: [serverOfLine],
    w: 8,
    h: 8,
  }),
];
