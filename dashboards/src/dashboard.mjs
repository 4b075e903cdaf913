// A dashboard of rows of panels, with what all of them have: variables, links to the others, the
// refresh and the annotations.
import { dashboard as sdk } from './sdk.mjs';
import { datasource, hitwatchVariable } from './variables.mjs';

export const tag = 'hitwatch';

const page = (title, url, icon, tooltip) =>
  new sdk.DashboardLinkBuilder(title)
    .type(sdk.DashboardLinkType.Link)
    .url(url)
    .icon(icon)
    .tooltip(tooltip)
    .tags([])
    .asDropdown(false)
    .includeVars(false)
    .keepTime(false)
    .targetBlank(false);

const links = [
  new sdk.DashboardLinkBuilder('hitwatch')
    .type(sdk.DashboardLinkType.Dashboards)
    .tags([tag])
    .asDropdown(false)
    .includeVars(true)
    .keepTime(true)
    .targetBlank(false)
    .icon('external link')
    .tooltip('')
    .url(''),
  page('Alerts', '/alerting/list', 'bell', 'The alert rules that Grafana sees'),
  page('Status', '${hitwatch:raw}/', 'bolt', 'The page of the daemon: what fires and why').targetBlank(true),
];

// Marks over all panels. Grafana keeps its own first.
const marks = [
  {
    builtIn: 1,
    datasource: { type: 'grafana', uid: '-- Grafana --' },
    enable: true,
    hide: true,
    iconColor: 'rgba(0, 211, 255, 1)',
    name: 'Annotations & Alerts',
    type: 'dashboard',
  },
];
const mark = (name, expr, titleFormat, iconColor, enable) => ({
  datasource,
  enable,
  expr,
  hide: false,
  iconColor,
  name,
  titleFormat,
});
export const alertMarks = mark(
  'Alerts',
  'ALERTS{alertstate="firing",severity!="none"}',
  '{{alertname}}',
  'red',
  true,
);
export const restartMarks = mark(
  'Restarts',
  'resets(redis_uptime_in_seconds{job=~"$job",instance=~"$instance"}[2m]) > 0',
  '{{instance}} restarted',
  'blue',
  true,
);

// Of groups that sentinels watch, and of shards: for a minute after it, a shard had two masters.
export const failoverMarks = mark(
  'Failovers',
  'increase(redis_sentinel_failovers_total{job=~"$job"}[1m]) > 0 or ' +
    'count by (cluster, shard) (count by (cluster, shard, instance) ' +
    '(last_over_time(redis_cluster_node_info{job=~"$job",role="master"}[1m]))) > 1',
  '{{master_name}}{{cluster}} {{shard}}: another master',
  'purple',
  true,
);

// The builder leaves room below a collapsed row for what is in it.
function closeRows(panels) {
  let higher = 0;
  for (const panel of panels) {
    panel.gridPos.y -= higher;
    const inside = panel.panels ?? [];
    if (!inside.length) continue;
    for (const one of inside) one.gridPos.y -= higher;
    const bottom = Math.max(...inside.map(({ gridPos }) => gridPos.y + gridPos.h));
    higher += bottom - (panel.gridPos.y + panel.gridPos.h);
  }
}

// Links carry what a dashboard has: a variable that it has not would stay in them as it is written.
function withoutUnknown(json) {
  const known = json.templating.list.map(({ name }) => name);
  return JSON.parse(
    JSON.stringify(json).replace(/&\$\{(\w+):queryparam\}/g, (whole, name) =>
      known.includes(name) ? whole : '',
    ),
  );
}

// `rows`: {title, collapsed, panels} with panels of panels.mjs; the first may have no title.
// Gives the dashboard as it is written to the file, and which panels may be empty.
export function dashboard({ name, uid, title, description, variables, annotations, rows }) {
  const builder = new sdk.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag])
    .editable()
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .tooltip(sdk.DashboardCursorSync.Crosshair)
    .version(1)
    .links(links)
    .variables([...variables, hitwatchVariable]);
  const mayBeEmpty = [];
  let id = 0;
  const numbered = (panel) => {
    id += 1;
    const { title } = panel.builder.build();
    mayBeEmpty.push(...panel.mayBeEmpty.map((entry) => ({ dashboard: name, panel: title, ...entry })));
    return panel.builder.id(id);
  };
  for (const row of rows) {
    if (!row.title) {
      for (const panel of row.panels) builder.withPanel(numbered(panel));
      continue;
    }
    id += 1;
    const head = new sdk.RowBuilder(row.title).id(id).collapsed(row.collapsed ?? false);
    if (row.collapsed) for (const panel of row.panels) head.withPanel(numbered(panel));
    builder.withRow(head);
    if (!row.collapsed) for (const panel of row.panels) builder.withPanel(numbered(panel));
  }
  const built = builder.build();
  closeRows(built.panels);
  // The builder gives all variables one id, by which some versions of Grafana keep them apart.
  for (const variable of built.templating.list) {
    for (const field of ['id', 'auto', 'auto_min', 'auto_count']) delete variable[field];
  }
  built.annotations = { list: [...marks, ...(annotations ?? [])] };
  return { name, json: withoutUnknown(built), mayBeEmpty };
}
