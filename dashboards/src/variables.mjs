// The variables of the dashboards. Both data sources answer them with label values of series.
import { dashboard } from './sdk.mjs';

const { CustomVariableBuilder, DatasourceVariableBuilder, QueryVariableBuilder, TextBoxVariableBuilder, VariableRefresh, VariableSort } = dashboard;

export const datasource = { type: 'prometheus', uid: '${datasource}' };

export const datasourceVariable = new DatasourceVariableBuilder('datasource')
  .label('Data source')
  .description('A Prometheus that scrapes hitwatch, or hitwatch itself.')
  .type('prometheus')
  .multi(false)
  .includeAll(false);

export const tracesVariable = new DatasourceVariableBuilder('traces')
  .label('Traces')
  .description('A Tempo that receives the spans of hitwatch; links to traces lead there.')
  .type('tempo')
  .multi(false)
  .includeAll(false);

// A Prometheus knows of the daemon what it scrapes, not where a browser finds it.
const usualAddress = 'http://localhost:9121';
export const hitwatchVariable = new TextBoxVariableBuilder('hitwatch')
  .label('hitwatch')
  .description('The address of the daemon, as your browser reaches it: links to its pages lead there.')
  .defaultValue(usualAddress)
  .current({ selected: true, text: usualAddress, value: usualAddress })
  .options([{ selected: true, text: usualAddress, value: usualAddress }]);

const labelVariable = (name, label, description, selector, of = name) =>
  new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(datasource)
    .query(`label_values(${selector}, ${of})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalCaseInsensitiveAsc)
    .multi(true)
    .includeAll(true)
    // A match with `.*` is true for series without the label as well.
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] });

const reports = '__name__=~"cache_hits_total|cache_misses_total|cache_errors_total|cache_keys"';

export const jobVariable = labelVariable(
  'job',
  'Job',
  'The scrape job; of the daemon itself it is "redis".',
  '{__name__=~"redis_up|hitwatch_build_info"}',
);
export const instanceVariable = labelVariable(
  'instance',
  'Instance',
  'The Redis servers that hitwatch watches.',
  'redis_up{job=~"$job"}',
);
export const groupVariable = labelVariable(
  'group',
  'Group',
  'What sentinels call a master and its replicas.',
  'redis_sentinel_agreed_master{job=~"$job"}',
  'master_name',
);
export const clusterVariable = labelVariable(
  'cluster',
  'Cluster',
  'The clusters whose nodes hitwatch finds.',
  'redis_cluster_slots_covered{job=~"$job"}',
);
export const shardVariable = labelVariable(
  'shard',
  'Shard',
  'The shards of these clusters: a master with its replicas.',
  'redis_cluster_shard_slots{job=~"$job",cluster=~"$cluster"}',
);
export const layerVariable = labelVariable(
  'layer',
  'Layer',
  'The cache that applications ask: "redis", or another that they name.',
  `{${reports},job=~"$job"}`,
);
export const typeVariable = labelVariable(
  'type',
  'Type',
  'The type of what is cached, as reports or key patterns say.',
  `{${reports},job=~"$job",layer=~"$layer"}`,
);
export const tenantVariable = labelVariable(
  'tenant',
  'Tenant',
  'All includes what has no tenant.',
  `{${reports},job=~"$job",layer=~"$layer",type=~"$type"}`,
);
// Applications that report and the wire tap see the same lookups, which must not be added up: one view is
// chosen, that of all applications together or of a single source. Sorted by their names, "applications"
// is the first and so the default, where there are any.
const ofLookups = '__name__=~"cache_(hits|misses)_total",job=~"$job",layer=~"$layer"';
const applications = 'http|otlp|statsd|stats_endpoint';
export const sourceVariable = new QueryVariableBuilder('source')
  .label('Source')
  .description('Who measured the lookups: all applications that report, those that report in one way, or the wire tap (tap).')
  .datasource(datasource)
  .query(
    `query_result(group by (view) (label_replace({${ofLookups},source=~"${applications}"}, ` +
      `"view", "applications=${applications}", "", "")) or group by (source) ({${ofLookups}}))`,
  )
  .regex('/(?:view|source)="(?<text>\\w+)(?:=(?<value>[^"]+))?"/')
  .refresh(VariableRefresh.OnTimeRangeChanged)
  .sort(VariableSort.AlphabeticalCaseInsensitiveAsc)
  // With several, Grafana would quote what stands between them.
  .multi(false)
  .includeAll(false);
export const daemonVariable = labelVariable(
  'daemon',
  'Daemon',
  'The hitwatch daemons.',
  'hitwatch_build_info{job=~"$job"}',
  'instance',
);

// The daemon itself remembers an hour.
const before = ['1m', '5m', '15m', '30m', '50m'];
export const beforeVariable = new CustomVariableBuilder('before')
  .label('Compared with')
  .description('How long ago the shares of the misses were what top movers are compared with.')
  .values(before.join(','))
  .current({ selected: true, text: '30m', value: '30m' })
  .options(
    before.map((value) => ({ selected: value === '30m', text: value, value })),
  )
  .multi(false)
  .includeAll(false);
