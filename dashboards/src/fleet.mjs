// Fleet: all servers that are watched, who replicates whom, clusters and sentinels.
import { alertMarks, dashboard, failoverMarks, restartMarks } from './dashboard.mjs';
import { dashboardLink, uids } from './links.mjs';
import { above, below, distance, keysPerSecond, mapped, stat, states, table, timeseries } from './panels.mjs';
import * as q from './queries.mjs';
import * as v from './variables.mjs';

const s = q.server;
const window = '5m';
const of = (metric, labels = 'instance', more = '') =>
  `max by (${labels}) (${metric}{${more ? `${s},${more}` : s}})`;
const rate = (metric) => q.sumRate(metric, s, 'instance', window);
// None is a number only where there are servers at all.
const count = (expr) => `count(${expr}) or count(redis_up{${s}}) * 0`;

const thisServer = dashboardLink('This server', uids.redis, {
  set: { instance: '${__value.text}' },
});
const serverOfLine = dashboardLink('This server', uids.redis, {
  set: { instance: '${__field.labels.instance}' },
});

// Of clusters and sentinels as such, which are no server's.
const c = 'job=~"$job",cluster=~"$cluster"';
const shards = `${c},shard=~"$shard"`;
const groups = 'job=~"$job",master_name=~"$group"';
const ofShard = (metric) => `max by (cluster, shard) (${metric}{${shards}})`;

const number = (title, shows, act, expr, thresholds) =>
  stat({
    title,
    shows,
    act,
    decimals: 0,
    queries: [{ expr, legend: title }],
    thresholds,
    w: 4,
    h: 4,
  });

const glance = [
  number(
    'Servers',
    'Redis servers, sentinels included, that hitwatch has asked at least once.',
    'If one is missing, see Targets without figures in the dashboard of hitwatch itself, and targets in the configuration.',
    count(`redis_up{${s}}`),
  ),
  number(
    'Down',
    'Servers whose last poll failed. RedisDown fires after 15 seconds.',
    'The table below names them: click one, its dashboard has the reason.',
    count(`redis_up{${s}} == 0`),
    above(1),
  ),
  number(
    'Masters',
    'Servers with the role master.',
    'More than you have data sets for means that a replica was promoted, or never attached: see Roles for when, and make it a replica again.',
    count(`redis_instance_info{${s},role="master"}`),
  ),
  number(
    'Replicas',
    'Servers that follow another and are watched themselves.',
    'Fewer than there should be: look for them in the tables of replication below, where those are, too, that only their master knows; add them to targets.',
    count(`redis_instance_info{${s},role="slave"}`),
  ),
  number(
    'Links down',
    'Replicas without a link to their master: what they answer is old. RedisReplicationBroken fires after a minute.',
    'Who follows whom, below, names them: look whether their master lives, and at the log of the replica.',
    count(`redis_master_link_up{${s}} == 0`),
    above(1),
  ),
  number(
    'Below the target',
    'Servers whose hit ratio of the last 5 minutes is below their threshold hit_ratio, given 100 lookups.',
    'Sort the table below by Distance and click the first one. A server that was just started is cold: give it time.',
    count(
      `(${q.serverHitRatio('instance', window)}) - on (instance) ` +
        `${q.thresholdByInstance('hit_ratio', 0.8, q.watched)} < 0 ` +
        `and on (instance) ${q.serverLookups('instance', window)} * 300 >= 100`,
    ),
    above(1),
  ),
];

const all = [
  table({
    title: 'All servers',
    shows: 'All that are watched, with the last 5 minutes; click a column to sort by it, an instance to see it alone.',
    act: 'Sort by Answers or Distance to find who needs attention first. Of the limit: a cache that evicts (an allkeys policy) is full as it should be.',
    queries: [
      { expr: `min by (instance) (redis_up{${s}})` },
      {
        expr: `max by (instance, role, redis_version, redis_mode, maxmemory_policy) (redis_instance_info{${s}})`,
      },
      { expr: of('redis_uptime_in_seconds') },
      { expr: `${of('redis_memory_used_bytes')} / (${of('redis_memory_max_bytes')} > 0)` },
      { expr: of('redis_memory_used_bytes') },
      { expr: `sum by (instance) (redis_db_keys{${s}})` },
      { expr: rate('redis_commands_processed_total') },
      { expr: q.serverHitRatio('instance', window) },
      {
        expr:
          `(${q.serverHitRatio('instance', window)}) - on (instance) ` +
          q.thresholdByInstance('hit_ratio', 0.8, q.watched),
      },
      { expr: rate('redis_evicted_keys_total') },
      { expr: of('redis_connected_clients') },
      { expr: of('redis_connected_slaves') },
    ],
    columns: [
      { label: 'instance', name: 'Instance', links: [thisServer] },
      {
        query: 0,
        name: 'Answers',
        width: 80,
        mappings: mapped({ 0: ['down', 'red'], 1: ['up', 'green'] }),
        thresholds: [
          [null, 'red'],
          [1, 'green'],
        ],
      },
      { label: 'role', name: 'Role', width: 80 },
      { label: 'redis_version', name: 'Version', width: 80 },
      { label: 'redis_mode', name: 'Mode', width: 100 },
      { query: 2, name: 'Uptime', unit: 's' },
      { query: 4, name: 'Memory', unit: 'bytes' },
      { query: 3, name: 'Of the limit', unit: 'percentunit', decimals: 0, noValue: '-' },
      { label: 'maxmemory_policy', name: 'Policy', width: 110 },
      { query: 5, name: 'Keys', unit: 'short' },
      { query: 6, name: 'Commands', unit: 'ops' },
      { query: 7, name: 'Hit ratio', unit: 'percentunit', decimals: 1, noValue: '-' },
      { query: 8, name: 'Distance', unit: 'percentunit', decimals: 1, thresholds: distance, noValue: '-' },
      { query: 9, name: 'Evictions', unit: keysPerSecond },
      { query: 10, name: 'Clients', decimals: 0 },
      { query: 11, name: 'Replicas', decimals: 0 },
    ],
    sortBy: 'Instance',
    descending: false,
    narrow: 92,
    w: 24,
    h: 7,
  }),
  states({
    title: 'Answers',
    shows: 'Whether servers answer, over time.',
    act: 'Servers that are down at the same time have something in common: look for a host, a network, a rollout. Click one for its reason.',
    mappings: mapped({ 0: ['down', 'red'], 1: ['up', 'green'] }),
    queries: [{ expr: `min by (instance) (redis_up{${s}})`, legend: '{{instance}}' }],
    links: [serverOfLine],
    w: 12,
    h: 8,
  }),
  states({
    title: 'Roles',
    shows: 'Who is master and who replica, over time.',
    act: 'A change is a failover: see whether applications followed, and whether the former master became a replica.',
    mappings: mapped({ 0: ['replica', 'blue'], 1: ['master', 'purple'] }),
    queries: [
      {
        expr:
          `max by (instance) (redis_instance_info{${s},role="master"}) ` +
          `or max by (instance) (redis_instance_info{${s},role="slave"}) * 0`,
        legend: '{{instance}}',
      },
    ],
    links: [serverOfLine],
    w: 12,
    h: 8,
  }),
];

const load = [
  ['Commands by server', 'ops', q.sumRate('redis_commands_processed_total', s, 'instance'), 'All commands that servers execute per second: who carries the load.', 'One server far above its peers holds keys that all ask for, or a cluster is out of balance: move slots, or keep copies of such keys in the applications.'],
  ['Memory by server', 'bytes', of('redis_memory_used_bytes'), 'What each server uses: who is full.', 'Servers that share the same data should be alike: if one is not, look for keys that only it has, and for its buffers.'],
  ['Clients by server', 'short', of('redis_connected_clients'), 'Connected clients: who has the connections.', 'If all went to one server, they did not follow a failover, or know one address only: restart or mend them.'],
  ['Keys by server', 'short', `sum by (instance) (redis_db_keys{${s}})`, 'Keys of all databases: who holds how much.', 'A replica with fewer keys than its master still copies, or has lost data: see the tables of replication.'],
  ['Processor by server', 'percentunit', `${q.sumRate('redis_cpu_sys_seconds_total', s, 'instance')} + ${q.sumRate('redis_cpu_user_seconds_total', s, 'instance')}`, 'Cores in use; the thread that executes commands can use one.', 'Near one: see Time by command of that server for what to make cheaper.'],
  ['Errors by server', 'ops', `${q.sumRate('redis_total_error_replies', s, 'instance')}`, 'Error replies per second, of any kind.', 'If they do not end, see Errors by kind of that server, which says what each means.'],
].map(([title, unit, expr, shows, act]) =>
  timeseries({
    title,
    shows,
    act: `${act} Click a line for the server.`,
    unit,
    fill: 0,
    queries: [{ expr, legend: '{{instance}}' }],
    links: [serverOfLine],
    w: 8,
    h: 8,
  }),
);

const link = {
  mappings: mapped({ 0: ['down', 'red'], 1: ['up', 'green'] }),
  thresholds: [
    [null, 'red'],
    [1, 'green'],
  ],
};

const replication = [
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
      { query: 3, name: 'Link', ...link, width: 80 },
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

const cluster = [
  table({
    title: 'Nodes of clusters',
    shows: 'Every node that clusters know, whether hitwatch gets an answer, and which slots it serves.',
    act: 'A node with the flag fail is held for failed by most masters: start it, or look at the network of the cluster bus if it answers. One with fail? is suspected by some only.',
    queries: [
      { expr: `max by (cluster, shard, instance, role, slots, flags) (redis_cluster_node_info{${shards}})` },
      { expr: `min by (instance) (redis_up{${shards}})` },
      { expr: `sum by (instance) (redis_db_keys{${shards}})` },
      { expr: `max by (instance) (redis_memory_used_bytes{${shards}})` },
      { expr: q.sumRate('redis_commands_processed_total', shards, 'instance', window) },
    ],
    columns: [
      { label: 'cluster', name: 'Cluster', width: 100 },
      { label: 'shard', name: 'Shard', width: 100 },
      { label: 'instance', name: 'Node', links: [thisServer] },
      { label: 'role', name: 'Role', width: 80 },
      { label: 'flags', name: 'Flags' },
      { label: 'slots', name: 'Slots' },
      { query: 1, name: 'Answers', ...link, width: 80 },
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

const sentinels = [
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

export default dashboard({
  name: 'fleet',
  uid: uids.fleet,
  title: 'hitwatch / Fleet',
  description: 'All servers: who answers, roles, load, replication, clusters and sentinels.',
  variables: [v.datasourceVariable, v.jobVariable, v.instanceVariable, v.groupVariable, v.clusterVariable, v.shardVariable],
  annotations: [alertMarks, restartMarks, failoverMarks],
  rows: [
    { panels: glance },
    { title: 'Servers', panels: all },
    { title: 'Load', panels: load },
    { title: 'Replication', panels: replication },
    { title: 'Cluster', collapsed: true, panels: cluster },
    { title: 'Sentinel', collapsed: true, panels: sentinels },
  ],
});
