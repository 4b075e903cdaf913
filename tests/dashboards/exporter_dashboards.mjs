// What dashboards made for redis_exporter ask, in the form that questions.mjs reads: the well-known ones of
// grafana.com, which have to work with hitwatch as they are.

const of = 'instance=~"$instance"';
const sum = (metric, labels = '') => `sum${labels && ` by (${labels})`} (${metric}{${of}})`;
const rate = (metric, range, labels = '') => `sum${labels && ` by (${labels})`} (rate(${metric}{${of}}[${range}]))`;
const irate = (metric, range) => `irate(${metric}{${of}}[${range}])`;
const irateBy = (how, metric, range) => `${how} by (cmd) (${irate(metric, range)})`;

const notExpiring = (labels = '') =>
  `${sum('redis_db_keys', labels)} - ${sum('redis_db_keys_expiring', labels)}`;
const meanTime = (how, range) =>
  `${irateBy(how, 'redis_commands_duration_seconds_total', range)} / ${irateBy(how, 'redis_commands_total', range)}`;
const hitRatio = (range) =>
  `avg by (instance) (${irate('redis_keyspace_hits_total', range)} / ` +
  `(${irate('redis_keyspace_misses_total', range)} + ${irate('redis_keyspace_hits_total', range)}))`;

const clients = [sum('redis_connected_clients'), sum('redis_blocked_clients')];
const memory = [`redis_memory_used_bytes{${of}}`, `redis_memory_max_bytes{${of}}`];
const hitsAndMisses = [irate('redis_keyspace_hits_total', '5m'), irate('redis_keyspace_misses_total', '5m')];
const network = [rate('redis_net_input_bytes_total', '5m'), rate('redis_net_output_bytes_total', '5m')];
const lostKeys = [rate('redis_expired_keys_total', '5m', 'instance'), rate('redis_evicted_keys_total', '5m', 'instance')];
const uptime = `max(max_over_time(redis_uptime_in_seconds{${of}}[15s]))`;

const asked = {
  'redis_exporter, 763': {
    instances: ['label_values(redis_up, instance)', 'label_values(redis_up{namespace=~""}, instance)'],
    queries: [
      uptime, ...clients, `sum(100 * (${memory.join(' / ')}))`, ...memory, ...hitsAndMisses, ...network, ...lostKeys,
      rate('redis_commands_total', '1m', 'cmd'), sum('redis_db_keys', 'db, instance'), notExpiring('instance'),
      sum('redis_db_keys_expiring', 'instance'), meanTime('sum', '1m'),
      `${irateBy('sum', 'redis_commands_duration_seconds_total', '1m')} != 0`,
    ],
  },
  // Its variables of namespaces and pods have no options where no scrape adds such labels.
  'redis_exporter, 11835': {
    instances: ['label_values(redis_uptime_in_seconds{namespace=~""}, instance)'],
    queries: [
      uptime, `redis_connected_clients{${of}}`, `100 * (${memory.join(' / ')})`, ...memory, ...hitsAndMisses,
      `rate(redis_net_input_bytes_total{${of}}[5m])`, `rate(redis_net_output_bytes_total{${of}}[5m])`, ...lostKeys,
      `rate(redis_commands_processed_total{${of}}[1m])`, sum('redis_db_keys', 'db'),
      notExpiring(), sum('redis_db_keys_expiring'), `topk(5, ${irate('redis_commands_total', '1m')})`,
    ],
  },
  // The same panels. redis_memory_fragmentation_ratio is what they call redis_mem_fragmentation_ratio.
  'redis_exporter, 14091 and its mixin': {
    instances: ['label_values(redis_up, instance)'],
    queries: [
      irateBy('avg', 'redis_commands_total', '$__rate_interval'), meanTime('avg', '$__rate_interval'),
      hitRatio('$__rate_interval'), ...memory.map((metric) => `sum(${metric})`), sum('redis_memory_used_rss_bytes'),
      `redis_mem_fragmentation_ratio{${of}}`, irate('redis_evicted_keys_total', '$__rate_interval'), ...clients,
      sum('redis_db_keys', 'db'), notExpiring(), sum('redis_db_keys_expiring'),
      sum('redis_connected_slaves', 'instance'), `redis_master_last_io_seconds_ago{${of}}`,
    ],
  },
};

const variable = (name, query) =>
  ({type: 'query', name, query, multi: true, includeAll: true, allValue: ''});

// As dashboards.
export const exporterDashboards = Object.entries(asked).map(([title, {instances, queries}]) => ({
  title,
  name: title,
  templating: {list: instances.map((query, index) => variable(index ? `instance${index + 1}` : 'instance', query))},
  panels: queries.map((expr, index) =>
    ({title: `query ${index + 1}`, type: 'timeseries', targets: [{refId: 'A', expr, range: true}]})),
}));
