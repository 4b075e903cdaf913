// Redis server: what an operator asks of a server that does not do well.
import { alertMarks, dashboard, restartMarks } from './dashboard.mjs';
import { daemonLink, dashboardLink, traceLink, uids } from './links.mjs';
import { above, keysPerSecond, mapped, stat, states, table, timeseries } from './panels.mjs';
import * as q from './queries.mjs';
import * as v from './variables.mjs';

const s = q.server;
const rate = (metric, labels = 'instance', more = '') =>
  q.sumRate(metric, more ? `${s},${more}` : s, labels);
const gauge = (metric, labels = 'instance', more = '') =>
  `max by (${labels}) (${metric}{${more ? `${s},${more}` : s}})`;
const limit = (name, standard) => q.thresholdByInstance(name, standard, q.watched);
const line = (expr, what) => ({ expr, legend: what ? `${what} {{instance}}` : '{{instance}}' });
// Of the ten commands on which servers spend most time.
const busiest = 10;
const busy =
  `topk(${busiest}, sum by (cmd) (rate(redis_commands_duration_seconds_total{${s}}[${q.rateInterval}] @ end())))`;

const slowSpans = (more = '') =>
  `{resource.service.name="hitwatch" && kind=server && span.hitwatch.target=~"\${instance:pipe}"${more}}`;
const slowLinks = [
  traceLink('Slow commands as traces', slowSpans()),
  daemonLink('Slow commands as JSON', '/api/v1/slow_commands'),
];
const yes = mapped({ 0: ['no', 'green'], 1: ['yes', 'blue'] });
const fine = mapped({ 0: ['failed', 'red'], 1: ['fine', 'green'] });

const glance = [
  stat({
    title: 'Answers',
    shows: 'Whether the last poll of hitwatch was answered.',
    act: 'If not, see the panel beside it for the reason, and what to do about it.',
    queries: [line(`min by (instance) (redis_up{${s}})`)],
    mappings: mapped({ 0: ['down', 'red'], 1: ['up', 'green'] }),
    background: true,
    noGraph: true,
    text: 'ValueAndName',
    w: 4,
    h: 5,
  }),
  table({
    title: 'Why it does not answer',
    shows: 'The reason in a word: refused (nothing listens), timeout, dns, auth (wrong password), noperm, loading, maxclients, tls, … GET /api/v1/targets of hitwatch has the sentence.',
    act: 'refused: start the server; timeout, dns: look at the network; auth, noperm: give hitwatch the right password or rights. GET /api/v1/targets of hitwatch has the whole sentence.',
    queries: [{ expr: `redis_exporter_last_scrape_error{${s}}` }],
    columns: [
      { label: 'instance', name: 'Instance' },
      {
        query: 0,
        name: 'Last poll',
        width: 100,
        mappings: mapped({ 0: ['answered', 'green'], 1: ['failed', 'red'] }),
        thresholds: above(1),
      },
      { label: 'err', name: 'Reason', links: [daemonLink('All targets, with the reason', '/api/v1/targets')] },
    ],
    sortBy: 'Last poll',
    w: 7,
    h: 5,
  }),
  table({
    title: 'Who it is',
    shows: 'Role, version, mode and policy.',
    act: 'A cache should have an allkeys policy: noeviction refuses writes when memory is full. Servers of different versions are a rollout that has not ended: update the others.',
    queries: [
      { expr: `redis_instance_info{${s}}` },
      { expr: `max by (instance) (redis_uptime_in_seconds{${s}})` },
    ],
    columns: [
      { label: 'instance', name: 'Instance' },
      { label: 'role', name: 'Role', width: 80 },
      { label: 'redis_version', name: 'Version', width: 80 },
      { label: 'redis_mode', name: 'Mode', width: 100 },
      { label: 'maxmemory_policy', name: 'Policy' },
      { label: 'os', name: 'System' },
      { query: 1, name: 'Uptime', unit: 's', width: 100 },
    ],
    w: 13,
    h: 5,
  }),
  stat({
    title: 'Hit ratio',
    shows: 'Hits among the lookups as the server counts them, without the reads of hitwatch. Colours: the bundled target of 80 %.',
    act: 'If it is low, see Hits and misses below for when it fell, and the dashboard Tenants for whose keys are missed.',
    unit: 'percentunit',
    decimals: 1,
    min: 0,
    max: 1,
    queries: [line(q.serverHitRatio('instance'))],
    thresholds: [
      [null, 'red'],
      [0.7, 'yellow'],
      [0.8, 'green'],
    ],
    links: [dashboardLink('Cache overview', uids.cache)],
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Commands per second',
    shows: 'Commands per second, those of hitwatch included.',
    act: 'If it is far from what is usual at this time, see Commands by kind for which command it is.',
    unit: 'ops',
    queries: [line(rate('redis_commands_processed_total'))],
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Clients of the limit',
    shows: 'Connected clients as a share of maxclients.',
    act: 'Red from 90 %, the bundled threshold: at 100 % new connections are refused. Look for clients without a pool or with a leak (the panel Clients), or raise maxclients.',
    unit: 'percentunit',
    decimals: 1,
    queries: [
      line(
        `${gauge('redis_connected_clients')} / (${gauge('redis_max_clients')} > 0 or ${gauge('redis_config_maxclients')} > 0)`,
      ),
    ],
    thresholds: above(0.9, 0.7),
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Memory of the limit',
    shows: 'Memory as a share of maxmemory. Full is as it should be for a cache that evicts (an allkeys policy); else writes fail at 100 %, and RedisMemoryHigh fires from 90 % on.',
    act: 'If it may not evict, raise maxmemory or find out whose keys grow in the dashboard Tenants.',
    unit: 'percentunit',
    decimals: 0,
    queries: [line(`${gauge('redis_memory_used_bytes')} / (${gauge('redis_memory_max_bytes')} > 0)`)],
    noValue: 'no limit',
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Slow commands now',
    shows: 'New entries of the slow log in the last 5 minutes. All other clients waited meanwhile.',
    act: 'Red beyond 10, the bundled threshold: see below which commands they are, and have them work on less at a time.',
    decimals: 0,
    queries: [line(`sum by (instance) (increase(redis_slowlog_last_id{${s}}[5m]))`)],
    thresholds: above(10, 1),
    links: slowLinks,
    w: 4,
    h: 4,
  }),
  stat({
    title: 'Age of the figures',
    shows: 'How old what hitwatch shows of the server is.',
    act: 'Red from a minute, the bundled threshold: polls take too long, or are not begun. The dashboard of hitwatch itself says which.',
    unit: 's',
    queries: [line(gauge('redis_snapshot_age_seconds'))],
    thresholds: above(60, 30),
    links: [dashboardLink('hitwatch itself', uids.hitwatch)],
    w: 4,
    h: 4,
  }),
];

const commands = [
  timeseries({
    title: 'Commands by kind',
    shows: 'Per second, of the ten commands on which servers spend most time.',
    act: 'Look for a command that nobody expects (KEYS, SMEMBERS of big sets), and have the client that sends it ask for less: SCAN, SSCAN.',
    unit: 'ops',
    stacked: true,
    queries: [{ expr: `${rate('redis_commands_total', 'cmd')} and on (cmd) ${busy}`, legend: '{{cmd}}' }],
    links: slowLinks,
    w: 12,
    h: 9,
  }),
  timeseries({
    title: 'Time by command',
    shows: 'Seconds per second that servers spend inside each command, of the ten busiest. A server executes one command at a time: near 1 it can do no more.',
    act: 'Make the first one rarer or cheaper: fewer keys or smaller values at a time.',
    unit: 'percentunit',
    stacked: true,
    queries: [
      { expr: q.topRate(busiest, 'redis_commands_duration_seconds_total', s, 'cmd'), legend: '{{cmd}}' },
    ],
    links: slowLinks,
    w: 12,
    h: 9,
  }),
  timeseries({
    title: 'Mean time of a command',
    shows: 'Inside the server, of the ten busiest commands.',
    act: 'One that takes longer than before works on more keys or on bigger values: see the slow commands for which keys they are.',
    unit: 's',
    fill: 0,
    queries: [
      {
        expr:
          `${rate('redis_commands_duration_seconds_total', 'cmd')} / ` +
          `(${rate('redis_commands_total', 'cmd')} > 0) and on (cmd) ${busy}`,
        legend: '{{cmd}}',
      },
    ],
    links: slowLinks,
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'p99 by command',
    shows: 'One in a hundred takes longer, inside the server; buckets are powers of two. Needs Redis 7.',
    act: 'If the mean is low and this is high, few keys are the problem: see the slow commands.',
    unit: 's',
    fill: 0,
    queries: [{ expr: `${q.commandLatency(0.99, 'cmd')} and on (cmd) ${busy}`, legend: '{{cmd}}' }],
    links: slowLinks,
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'p99 of GET by server',
    shows: 'The time inside the server; dashed the threshold get_p99. RedisGetLatencyHigh fires after 5 minutes above it.',
    act: 'When it does, look at the processor of the host, at swapping, and at big values.',
    unit: 's',
    fill: 0,
    queries: [
      line(
        `${q.commandLatency(0.99, 'instance', 'get')} or ` +
          `max by (instance) (redis_latency_percentiles_usec{${s},cmd="get",quantile="99"}) / 1e6`,
      ),
      line(limit('get_p99', 0.01), 'threshold'),
    ],
    target: '/^threshold /',
    links: slowLinks,
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Hits and misses',
    shows: 'Lookups per second as servers count them, without those of hitwatch where they are known.',
    act: 'More misses with as many hits are keys that were not asked for before; fewer hits are keys that are gone: look for evictions, a flush or a restart at that time, and in the dashboard Tenants for whose they are.',
    unit: 'ops',
    stacked: true,
    queries: [
      { expr: q.serverHits('instance'), legend: 'hits {{instance}}' },
      { expr: `${q.serverLookups('instance')} - ${q.serverHits('instance')}`, legend: 'misses {{instance}}' },
    ],
    links: [dashboardLink('Tenants', uids.tenants)],
    w: 12,
    h: 8,
  }),
  timeseries({
    title: 'Commands that failed or were rejected',
    shows: 'Per second: failed while running, or turned away before (wrong arguments, no permission, no memory).',
    act: 'If it does not end, the panels Errors by kind and Denials in the ACL log say why: mend the client that sends them.',
    unit: 'ops',
    fill: 0,
    queries: [
      { expr: `${rate('redis_commands_failed_calls_total', 'cmd')} > 0`, legend: '{{cmd}} failed' },
      { expr: `${rate('redis_commands_rejected_calls_total', 'cmd')} > 0`, legend: '{{cmd}} rejected', mayBeEmpty: 'Shown only while commands are rejected; those of the demonstration are all right.' },
    ],
    noValue: 'None',
    w: 12,
    h: 8,
  }),
];

const slow = [
  table({
    title: 'Slow commands of the last half hour',
    shows: 'Entries of the slow log by command. What counts as slow is slowlog-log-slower-than of the server.',
    act: 'Have the first one work on less at a time. Each is a span if hitwatch sends traces: click a command for them, they have the client, the type and the tenant of the key.',
    queries: [
      { expr: `sum by (instance, cmd) (increase(redis_slowlog_entries_total{${s}}[30m])) > 0` },
      { expr: `sum by (instance, cmd) (increase(redis_slowlog_seconds_total{${s}}[30m])) > 0` },
    ],
    columns: [
      { label: 'instance', name: 'Instance', width: 130 },
      {
        label: 'cmd',
        name: 'Command',
        links: [
          traceLink('${__value.text} as traces', slowSpans(' && span.db.operation.name=~"(?i)${__value.text}"')),
          slowLinks[1],
        ],
      },
      { query: 0, name: 'Entries', decimals: 0 },
      { query: 1, name: 'Time', unit: 's' },
    ],
    sortBy: 'Time',
    noValue: 'No slow commands',
    narrow: 80,
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Slow commands over time',
    shows: 'New entries of the slow log, by command.',
    act: 'A row of them at fixed times is a job: find it by the address in the trace, and have it use SCAN or smaller pieces. RedisSlowCommands fires beyond 10 in 5 minutes.',
    decimals: 0,
    bars: true,
    stacked: true,
    queries: [
      {
        expr: `sum by (cmd) (increase(redis_slowlog_entries_total{${s}}[${q.rateInterval}])) > 0`,
        legend: '{{cmd}}',
      },
    ],
    noValue: 'No slow commands',
    links: slowLinks,
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Latency events',
    shows: 'How long the latest event of each kind stopped the server: fork, expire-cycle, aof-write, … LATENCY DOCTOR of the server explains them.',
    act: 'Above the dashed line (the threshold latency_spike), ask the server: LATENCY DOCTOR explains each kind and says what helps.',
    unit: 's',
    fill: 0,
    queries: [
      {
        expr: gauge('redis_latency_spike_duration_seconds', 'instance, event_name'),
        legend: '{{event_name}} {{instance}}',
        mayBeEmpty: 'Servers record events only with latency-monitor-threshold above 0.',
      },
      line(limit('latency_spike', 0.1), 'threshold'),
    ],
    target: '/^threshold /',
    links: [
      traceLink(
        'Latency events as traces',
        '{resource.service.name="hitwatch" && name=~"latency .*" && span.hitwatch.target=~"${instance:pipe}"}',
      ),
    ],
    w: 8,
    h: 8,
  }),
];

const memory = [
  timeseries({
    title: 'Memory',
    shows: 'used: what the data takes; resident: what the system gives the process; dashed maxmemory.',
    act: 'Resident far above used is fragmentation: see below. Resident below used means that the system swaps: give the host more memory, or the server a smaller maxmemory, at once.',
    unit: 'bytes',
    fill: 0,
    queries: [
      line(gauge('redis_memory_used_bytes'), 'used'),
      line(gauge('redis_memory_used_rss_bytes'), 'resident'),
      line(gauge('redis_memory_used_dataset_bytes'), 'dataset'),
      line(gauge('redis_memory_used_peak_bytes'), 'peak'),
      line(`${gauge('redis_memory_max_bytes')} > 0`, 'limit'),
    ],
    target: '/^limit /',
    links: [dashboardLink('Whose keys take it', uids.tenants)],
    w: 12,
    h: 9,
  }),
  timeseries({
    title: 'Memory that is not data',
    shows: 'Buffers of clients and replicas, the backlog, scripts, the append-only file.',
    act: 'Buffers that grow are clients that do not read: CLIENT LIST of the server shows them (omem), and client-output-buffer-limit cuts them off.',
    unit: 'bytes',
    stacked: true,
    queries: [
      line(gauge('redis_mem_clients_normal'), 'clients'),
      line(gauge('redis_mem_clients_slaves'), 'replicas'),
      line(gauge('redis_mem_total_replication_buffers_bytes'), 'replication'),
      line(gauge('redis_mem_aof_buffer_bytes'), 'append-only file'),
      line(gauge('redis_memory_used_vm_total'), 'scripts'),
      line(gauge('redis_mem_cluster_links_bytes'), 'cluster'),
    ],
    w: 12,
    h: 9,
  }),
  timeseries({
    title: 'Fragmentation',
    shows: 'Resident over used memory; dashed the threshold. On a server with little data it is high and means nothing: RedisFragmentationHigh asks for 256 MiB besides.',
    act: 'Above the line switch activedefrag on, or restart the server. Below 1 the system swaps: give the host more memory at once.',
    fill: 0,
    queries: [
      line(gauge('redis_mem_fragmentation_ratio')),
      line(limit('fragmentation_ratio', 1.5), 'threshold'),
    ],
    target: '/^threshold /',
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Evicted and expired keys',
    shows: 'Per second.',
    act: 'Expiry is what times to live are for; evictions above the dashed line (the threshold evictions) mean that there is too little memory for what is kept: raise maxmemory, or shorten times to live.',
    unit: keysPerSecond,
    fill: 0,
    queries: [
      line(rate('redis_evicted_keys_total'), 'evicted'),
      line(rate('redis_expired_keys_total'), 'expired'),
      line(limit('evictions', 10), 'threshold'),
    ],
    target: '/^threshold /',
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Work of eviction and expiry',
    shows: 'Milliseconds per second above maxmemory and in the expiry cycle.',
    act: 'Evicting for long at a time makes all commands slow: lower maxmemory-eviction-tenacity, or give it more memory.',
    unit: 'ms',
    fill: 0,
    queries: [
      line(rate('redis_eviction_exceeded_time_ms_total'), 'above the limit'),
      line(rate('redis_expire_cycle_cpu_time_ms_total'), 'expiry'),
    ],
    w: 8,
    h: 8,
  }),
];

const keys = [
  timeseries({
    title: 'Keys by database',
    shows: 'All keys, of databases that have any.',
    act: 'A fall to nothing is a flush or a restart without data: look for the mark of a restart; redis_commands_total with cmd flushall or flushdb counts flushes.',
    unit: 'short',
    stacked: true,
    queries: [{ expr: `${gauge('redis_db_keys', 'instance, db')} > 0`, legend: '{{db}} {{instance}}' }],
    noValue: 'No keys',
    links: [dashboardLink('By type and tenant', uids.tenants)],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Keys without TTL',
    shows: 'Keys that never expire, by server, exact.',
    act: 'In a cache each should: if the line climbs, the dashboard Tenants says of which type they are; have its application set a time to live.',
    unit: 'short',
    queries: [line(`sum by (instance) (redis_db_keys{${s}} - redis_db_keys_expiring{${s}})`)],
    links: [dashboardLink('Which types', uids.tenants)],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Mean time to live',
    shows: 'What the server estimates by database, of keys that have one.',
    act: 'If it falls while the hit ratio does, somebody shortened times to live; if it grows to weeks, the cache keeps what nobody asks for. Times to live by type in the dashboard Tenants says of which keys.',
    unit: 's',
    fill: 0,
    queries: [{ expr: `${gauge('redis_db_avg_ttl_seconds', 'instance, db')} > 0`, legend: '{{db}} {{instance}}' }],
    noValue: 'No keys with a TTL',
    w: 8,
    h: 8,
  }),
];

const clients = [
  timeseries({
    title: 'Clients',
    shows: 'Connected clients; dashed maxclients.',
    act: 'A steady climb is a leak of connections: find in CLIENT LIST which address has most. A jump is a pool that was made bigger, or a rollout.',
    unit: 'short',
    fill: 0,
    log: true,
    softMin: null,
    queries: [
      line(gauge('redis_connected_clients')),
      line(`${gauge('redis_max_clients')} > 0 or ${gauge('redis_config_maxclients')} > 0`, 'limit'),
    ],
    target: '/^limit /',
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Connections',
    shows: 'New connections per second, and those turned away because maxclients was reached.',
    act: 'Many new ones are clients without a pool, each of which costs more than a command: have them keep connections open. If any are turned away, raise maxclients.',
    unit: 'cps',
    fill: 0,
    queries: [
      line(rate('redis_connections_received_total'), 'new'),
      line(rate('redis_rejected_connections_total'), 'rejected'),
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Blocked clients and those cut off',
    shows: 'Clients that wait in BLPOP and the like; those that follow keys (tracking); and, per second, those cut off because they did not read, sent too much or were evicted.',
    act: 'The last should be nought: if it is not, find clients that read too slowly, or raise client-output-buffer-limit.',
    fill: 0,
    queries: [
      line(gauge('redis_blocked_clients'), 'blocked'),
      line(gauge('redis_tracking_clients'), 'tracking'),
      line(
        `${rate('redis_client_output_buffer_limit_disconnections_total')} ` +
          `+ ${rate('redis_client_query_buffer_limit_disconnections_total')} or ${rate('redis_evicted_clients_total')}`,
        'cut off',
      ),
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Biggest buffers of a client',
    shows: 'The biggest input and output buffer of late; dashed the thresholds.',
    act: 'A big output buffer is a client that does not read, or MONITOR; a big input buffer is a huge command: CLIENT LIST of the server shows whose they are (omem, qbuf).',
    unit: 'bytes',
    fill: 0,
    queries: [
      line(gauge('redis_client_recent_max_output_buffer_bytes'), 'output'),
      line(gauge('redis_client_recent_max_input_buffer_bytes'), 'input'),
      { expr: q.threshold('output_buffer', 67108864), legend: 'threshold output' },
      { expr: q.threshold('input_buffer', 33554432), legend: 'threshold input' },
    ],
    target: '/^threshold /',
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Network',
    shows: 'Bytes per second to and from clients and replicas.',
    act: 'Near what the network card or the plan allows everything becomes slow: find big values with redis-cli --bigkeys, and read less of them at a time.',
    unit: 'Bps',
    fill: 0,
    queries: [
      line(rate('redis_net_input_bytes_total'), 'in'),
      line(rate('redis_net_output_bytes_total'), 'out'),
      line(rate('redis_net_repl_input_bytes_total'), 'replication in'),
      line(rate('redis_net_repl_output_bytes_total'), 'replication out'),
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Processor',
    shows: 'Cores in use: by the thread that executes commands, all threads, and children that write snapshots.',
    act: 'The first can use one core; near it the server can do no more: see Time by command for what to make cheaper, or spread the keys over several servers.',
    unit: 'percentunit',
    softMax: 1,
    fill: 0,
    queries: [
      line(
        `${rate('redis_cpu_sys_main_thread_seconds_total')} + ${rate('redis_cpu_user_main_thread_seconds_total')}`,
        'main thread',
      ),
      line(`${rate('redis_cpu_sys_seconds_total')} + ${rate('redis_cpu_user_seconds_total')}`, 'all'),
      line(
        `${rate('redis_cpu_sys_children_seconds_total')} + ${rate('redis_cpu_user_children_seconds_total')}`,
        'children',
      ),
    ],
    w: 8,
    h: 8,
  }),
];

const errors = [
  timeseries({
    title: 'Errors by kind',
    shows: 'Error replies per second by their first word. OOM: no memory; NOAUTH, WRONGPASS, NOPERM: users; READONLY: writes to a replica; MOVED: clients that do not know the cluster; LOADING: just started.',
    act: 'Mend what the word names; the runbooks of the alerts Redis…Errors say how.',
    unit: 'ops',
    stacked: true,
    queries: [{ expr: rate('redis_errors_total', 'instance, err'), legend: '{{err}} {{instance}}' }],
    noValue: 'No errors',
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Denials in the ACL log',
    shows: 'New entries in 5 minutes by reason: auth (wrong password), command, key, channel.',
    act: 'ACL LOG of the server names the user and the address. Some after a rollout are a missing permission: grant it. Many from one address are someone who tries: close the door to it.',
    decimals: 0,
    queries: [
      {
        expr: `sum by (instance, reason) (increase(redis_acl_log_entries_total{${s}}[5m]))`,
        legend: '{{reason}} {{instance}}',
      },
    ],
    w: 8,
    h: 8,
  }),
  table({
    title: 'What servers refuse to tell',
    shows: 'Kinds of figures that the user of hitwatch may not read, or that the server does not have: panels on them stay empty. deploy/examples/users.acl has the permissions.',
    act: 'deploy/examples/users.acl has the permissions: give them to the user of hitwatch.',
    queries: [{ expr: `redis_collector_unavailable{${s}} == 1` }],
    columns: [
      { label: 'instance', name: 'Instance' },
      { label: 'collector', name: 'What' },
    ],
    noValue: 'Everything can be read',
    mayBeEmpty: 'Shows only what cannot be read; a server without restrictions has nothing here.',
    w: 8,
    h: 8,
  }),
];

const persistence = [
  timeseries({
    title: 'Age of the last snapshot',
    shows: 'Seconds since the last RDB was saved.',
    act: 'RedisRdbSaveLate fires beyond the threshold rdb_age if there are changes to save: look whether Saving says that the last one failed. A cache that may be lost needs none.',
    unit: 's',
    fill: 0,
    queries: [line(`time() - ${gauge('redis_rdb_last_save_timestamp_seconds')}`)],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Changes not saved yet',
    shows: 'Writes since the last snapshot: what a crash loses where there is no append-only file.',
    act: 'If it is more than may be lost, set save to more often, or switch the append-only file on. If it only grows, snapshots fail: see Saving.',
    unit: 'short',
    queries: [line(gauge('redis_rdb_changes_since_last_save'))],
    w: 8,
    h: 8,
  }),
  states({
    title: 'Saving',
    shows: 'Whether the last snapshot, rewrite and write of the append-only file went well.',
    act: 'After a failed one a server refuses writes (stop-writes-on-bgsave-error): look at its disk and its log.',
    mappings: fine,
    queries: [
      line(gauge('redis_rdb_last_bgsave_status'), 'snapshot'),
      line(gauge('redis_aof_last_bgrewrite_status'), 'rewrite'),
      line(gauge('redis_aof_last_write_status'), 'append-only write'),
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Time of forks',
    shows: 'How long the last fork stopped the server: it grows with the memory.',
    act: 'Above a tenth of a second clients notice: switch transparent huge pages of the system off, take snapshots from a replica, or split the data over several servers.',
    unit: 's',
    fill: 0,
    queries: [line(gauge('redis_latest_fork_seconds'))],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Snapshots and rewrites under way',
    shows: 'Seconds for which a snapshot or a rewrite has been running; nothing while none is. The memory copied meanwhile is in the panel beside it.',
    act: 'One that takes longer each time waits for the disk, or has more to write: look at the disk, or take snapshots less often.',
    unit: 's',
    fill: 0,
    queries: [
      line(`clamp_min(${gauge('redis_rdb_current_bgsave_duration_sec')}, 0)`, 'snapshot'),
      line(`clamp_min(${gauge('redis_aof_current_rewrite_duration_sec')}, 0)`, 'rewrite'),
    ],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Files and copies',
    shows: 'Size of the append-only file, if there is one, and memory that was copied during the last snapshot and rewrite: it comes on top of the data, so leave room for it.',
    act: 'What is copied comes on top of the data: leave that much memory free beside maxmemory, or take snapshots when few keys are written.',
    unit: 'bytes',
    fill: 0,
    queries: [
      {
        ...line(gauge('redis_aof_current_size_bytes'), 'append-only file'),
        mayBeEmpty: 'Known only of servers that write an append-only file.',
      },
      line(gauge('redis_rdb_last_cow_size_bytes'), 'copied by a snapshot'),
      line(gauge('redis_aof_last_cow_size_bytes'), 'copied by a rewrite'),
    ],
    w: 8,
    h: 8,
  }),
];

const replication = [
  timeseries({
    title: 'Replicas',
    shows: 'Replicas that a master has.',
    act: 'RedisMissingReplicas fires when there are fewer than there were, or than the threshold replicas wants: look at the log of the one that is missing, and at the panels beside this one.',
    decimals: 0,
    queries: [line(gauge('redis_connected_slaves'))],
    links: [dashboardLink('Fleet', uids.fleet)],
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Silence of replicas',
    shows: 'Seconds since a replica last acknowledged to its master; dashed the threshold.',
    act: 'One above the line is stopped, overloaded or badly connected: look whether its server answers, then at the network between the two.',
    unit: 's',
    fill: 0,
    queries: [
      {
        expr: gauge('redis_connected_slave_lag_seconds', 'instance, slave_ip, slave_port'),
        legend: '{{slave_ip}}:{{slave_port}} of {{instance}}',
      },
      { expr: q.threshold('replication_lag', 10), legend: 'threshold' },
    ],
    target: '/^threshold$/',
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Bytes behind',
    shows: 'What replicas have not acknowledged of the stream of their master.',
    act: 'Beyond the backlog (dashed) a link that breaks costs a full copy: raise repl-backlog-size.',
    unit: 'bytes',
    fill: 0,
    queries: [
      {
        expr:
          `${gauge('redis_master_repl_offset')} - on (instance) group_right () ` +
          gauge('redis_connected_slave_offset_bytes', 'instance, slave_ip, slave_port'),
        legend: '{{slave_ip}}:{{slave_port}} of {{instance}}',
      },
      line(`${gauge('redis_replication_backlog_bytes')} and on (instance) ${gauge('redis_connected_slaves')} > 0`, 'backlog'),
    ],
    target: '/^backlog /',
    w: 8,
    h: 8,
  }),
  states({
    title: 'Link of a replica to its master',
    shows: 'Seen from the replica.',
    act: 'While the link is down its data are old: look whether the master lives, and at its log for authentication and buffer limits.',
    mappings: mapped({ 0: ['down', 'red'], 1: ['up', 'green'] }),
    queries: [
      {
        expr: gauge('redis_master_link_up', 'instance, master_host, master_port'),
        legend: '{{instance}} to {{master_host}}:{{master_port}}',
      },
    ],
    noValue: 'No replicas are watched',
    w: 8,
    h: 8,
  }),
  timeseries({
    title: 'Copies to replicas',
    shows: 'Full copies and refused or accepted resumptions in 5 minutes.',
    act: 'Each full copy costs the master a fork and its network: if they repeat, raise repl-backlog-size and the limit of the buffer for replicas.',
    decimals: 0,
    queries: [
      line(`sum by (instance) (increase(redis_replica_resyncs_full{${s}}[5m]))`, 'full'),
      line(`sum by (instance) (increase(redis_replica_partial_resync_accepted{${s}}[5m]))`, 'resumed'),
      line(`sum by (instance) (increase(redis_replica_partial_resync_denied{${s}}[5m]))`, 'resumption refused'),
    ],
    w: 8,
    h: 8,
  }),
  states({
    title: 'Loading and copying',
    shows: 'Whether a server loads its data, receives a full copy, or writes one.',
    act: 'Meanwhile it answers with errors, old data, or slowly: wait, and send no traffic to it. If it begins again and again, see Copies to replicas.',
    mappings: yes,
    queries: [
      line(gauge('redis_loading_dump_file'), 'loading'),
      line(gauge('redis_master_sync_in_progress'), 'receiving a copy'),
      line(gauge('redis_rdb_bgsave_in_progress'), 'saving'),
      line(gauge('redis_aof_rewrite_in_progress'), 'rewriting'),
    ],
    w: 8,
    h: 8,
  }),
];

export default dashboard({
  name: 'redis-server',
  uid: uids.redis,
  title: 'hitwatch / Redis server',
  description: 'One or some servers: commands, memory, keys, clients, errors, persistence, replication.',
  variables: [v.datasourceVariable, v.jobVariable, v.instanceVariable, v.tracesVariable],
  annotations: [alertMarks, restartMarks],
  rows: [
    { panels: glance },
    { title: 'Commands', panels: commands },
    { title: 'Slow commands and latency events', panels: slow },
    { title: 'Memory', panels: memory },
    { title: 'Keys', panels: keys },
    { title: 'Clients, network and processor', panels: clients },
    { title: 'Errors and denials', panels: errors },
    { title: 'Persistence', panels: persistence },
    { title: 'Replication', panels: replication },
  ],
});
