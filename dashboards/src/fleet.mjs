// Fleet: all servers that are watched, who replicates whom, clusters and sentinels.
import { alertMarks, dashboard, failoverMarks, restartMarks } from './dashboard.mjs';
import cluster from './fleet_clusters.mjs';
import replication from './fleet_replication.mjs';
import sentinels from './fleet_sentinels.mjs';
import { serverOfLine, thisServer, uids } from './links.mjs';
import { above, distance, keysPerSecond, mapped, stat, states, table, timeseries, upOrDown } from './panels.mjs';
import * as q from './queries.mjs';
import * as v from './variables.mjs';

const s = q.server;
const window = '5m';
const of = q.latest;
const rate = (metric) => q.sumRate(metric, s, 'instance', window);
// None is a number only where there are servers at all.
const count = (expr) => `count(${expr}) or count(redis_up{${s}}) * 0`;

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
        ...upOrDown,
        width: 80,
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
    mappings: upOrDown.mappings,
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
