// Panels as the dashboards describe them: one object says title, unit, queries and size.
// Every panel says what it `shows`, and how to `act` on it: its description in Grafana has the two as
// paragraphs. `mayBeEmpty` says why a panel may show nothing though all is well; the tests of the
// dashboards read it.
import { common, dashboard, heatmap as heatmaps, panels, prometheus } from './sdk.mjs';
import { datasource } from './variables.mjs';

const { DataqueryBuilder } = prometheus;

// Units that Grafana has not: keys per second, and whole numbers written out, not as "1.3 K".
export const keysPerSecond = 'suffix: keys/s';
export const whole = { unit: 'locale', decimals: 0 };

const names = 'ABCDEFGHIJKLMNOP';

const steps = (list) =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(list.map(([value, color]) => ({ value, color })));

// Limits from the bundled thresholds: green until `warning`, red from `critical`, or the other way.
export const above = (critical, warning) => [
  [null, 'green'],
  ...(warning === undefined ? [] : [[warning, 'yellow']]),
  [critical, 'red'],
];
export const below = (critical, warning) => [
  [null, 'red'],
  ...(warning === undefined ? [] : [[critical, 'yellow']]),
  [warning ?? critical, 'green'],
];
// Of a distance to a target: negative is beyond it.
export const distance = [
  [null, 'red'],
  [0, 'yellow'],
  [0.05, 'green'],
];

export const mapped = (values) => [
  {
    type: 'value',
    options: Object.fromEntries(
      Object.entries(values).map(([value, [text, color]], index) => [value, { text, color, index }]),
    ),
  },
];
// Whether a server, or a link, is there.
export const upOrDown = {
  mappings: mapped({ 0: ['down', 'red'], 1: ['up', 'green'] }),
  thresholds: [
    [null, 'red'],
    [1, 'green'],
  ],
};

function query(panel, { expr, legend, exemplar, format }, index) {
  const built = new DataqueryBuilder()
    .datasource(datasource)
    .refId(names[index])
    .expr(expr)
    .editorMode('code')
    .legendFormat(legend ?? '__auto');
  if (panel.instant) {
    built.instant().format(panel.kind === 'table' ? 'table' : 'time_series');
  } else {
    built.range().format(format ?? 'time_series');
  }
  if (exemplar) built.exemplar(true);
  return built;
}

// What all kinds of panels have.
function begun(kind, panel) {
  for (const text of ['title', 'shows', 'act']) {
    if (!panel[text]?.trim()) throw new Error(`'${panel.title}' has no ${text}`);
  }
  const builder = new panels[kind]()
    .title(panel.title)
    .description(`${panel.shows}\n\n${panel.act}`)
    .datasource(datasource)
    .span(panel.w)
    .height(panel.h);
  builder.unit(panel.unit ?? 'none');
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  if (panel.min !== undefined) builder.min(panel.min);
  if (panel.max !== undefined) builder.max(panel.max);
  if (panel.noValue) builder.noValue(panel.noValue);
  if (panel.mappings) builder.mappings(panel.mappings);
  if (panel.links) builder.dataLinks(panel.links.map((link) => ({ build: () => link })));
  if (panel.maxDataPoints) builder.maxDataPoints(panel.maxDataPoints);
  panel.queries.forEach((one, index) => {
    builder.withTarget(query({ ...panel, kind }, one, index));
  });
  return builder;
}

// Of the whole panel, or of some of its queries.
function finished(builder, { mayBeEmpty, queries }) {
  const some = queries.flatMap((one, index) =>
    one.mayBeEmpty ? [{ query: names[index], reason: one.mayBeEmpty }] : [],
  );
  return { builder, mayBeEmpty: mayBeEmpty ? [{ reason: mayBeEmpty }] : some };
}

const tooltip = () =>
  new common.VizTooltipOptionsBuilder()
    .mode(common.TooltipDisplayMode.Multi)
    .sort(common.SortOrder.Descending);

// Lines over time. `target`: a regular expression of the lines that are limits: drawn dashed, red, without
// a fill and not in the legend. `calcs`: what the legend says of each line; none for a plain legend.
export function timeseries(panel) {
  const { calcs = ['lastNotNull', 'max'], stacked = false, fill = stacked ? 30 : 8 } = panel;
  const legend = new common.VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(calcs.length ? common.LegendDisplayMode.Table : common.LegendDisplayMode.List)
    .placement(panel.legendRight ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
    .calcs(calcs);
  if (calcs.length) legend.sortBy(calcs[0] === 'lastNotNull' ? 'Last *' : 'Max').sortDesc(true);
  const builder = begun('timeseries', panel)
    .legend(legend)
    .tooltip(tooltip())
    .drawStyle(panel.bars ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(panel.bars ? 60 : fill)
    .showPoints(common.VisibilityMode.Never)
    .spanNulls(false)
    .stacking(
      new common.StackingConfigBuilder()
        .mode(stacked ? common.StackingMode.Normal : common.StackingMode.None)
        .group('A'),
    );
  if (panel.min === undefined && panel.softMin !== null) builder.axisSoftMin(panel.softMin ?? 0);
  // Where all is nought, a whole number is room enough.
  const softMax = panel.softMax ?? (panel.decimals === 0 && !panel.log ? 1 : undefined);
  if (softMax !== undefined) builder.axisSoftMax(softMax);
  if (panel.log) {
    builder.scaleDistribution(
      new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10),
    );
  }
  if (panel.thresholds) {
    builder.thresholds(steps(panel.thresholds)).thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphTresholdsStyleMode.Dashed),
    );
  }
  if (panel.target) {
    builder.overrideByRegexp(panel.target, [
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
      { id: 'custom.fillOpacity', value: 0 },
      { id: 'custom.stacking', value: { mode: 'none', group: 'limit' } },
      { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'semi-dark-red' } },
    ]);
  }
  for (const [regexp, properties] of Object.entries(panel.overrides ?? {})) {
    builder.overrideByRegexp(regexp, properties);
  }
  return finished(builder, panel);
}

// A number, or one for each series.
export function stat(panel) {
  const builder = begun('stat', panel)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .graphMode(panel.instant || panel.noGraph ? common.BigValueGraphMode.None : common.BigValueGraphMode.Area)
    .colorMode(panel.background ? common.BigValueColorMode.Background : common.BigValueColorMode.Value)
    .justifyMode(common.BigValueJustifyMode.Auto)
    .textMode(common.BigValueTextMode[panel.text ?? 'Auto'])
    .orientation(common.VizOrientation.Auto)
    .thresholds(steps(panel.thresholds ?? [[null, 'text']]));
  return finished(builder, panel);
}

export function bargauge(panel) {
  const builder = begun('bargauge', { instant: true, ...panel })
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .displayMode(common.BarGaugeDisplayMode.Gradient)
    .orientation(common.VizOrientation.Horizontal)
    .showUnfilled(true)
    .thresholds(steps(panel.thresholds ?? [[null, 'blue']]));
  return finished(builder, panel);
}

// States over time, a row for each series.
export function states(panel) {
  const builder = begun('statetimeline', panel)
    .showValue(common.VisibilityMode.Auto)
    .mergeValues(true)
    .alignValue('left')
    .rowHeight(0.8)
    .fillOpacity(75)
    .lineWidth(0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(tooltip())
    .thresholds(steps(panel.thresholds ?? [[null, 'text']]));
  return finished(builder, panel);
}

// Few ones in a bucket must be seen beside thousands in another.
const counts = () =>
  new heatmaps.HeatmapColorOptionsBuilder()
    .mode(heatmaps.HeatmapColorMode.Opacity)
    .scheme('Oranges')
    .fill('dark-orange')
    .scale(heatmaps.HeatmapColorScale.Exponential)
    .exponent(0.3)
    .steps(64)
    .reverse(false);

const between = ({ scheme, least, most }) =>
  new heatmaps.HeatmapColorOptionsBuilder()
    .mode(heatmaps.HeatmapColorMode.Scheme)
    .scheme(scheme)
    .fill('dark-orange')
    .scale(heatmaps.HeatmapColorScale.Linear)
    .exponent(0.5)
    .steps(64)
    .reverse(false)
    .min(least)
    .max(most);

// Colour over two dimensions. `buckets`: the series are those of a histogram, whose `unit` is that of
// the buckets; what is counted in them has none. Without, `unit` is that of the values: colours from
// `least` to `most`.
export function heatmap(panel) {
  const builder = begun('heatmap', {
    ...panel,
    unit: panel.buckets ? 'short' : panel.unit,
    queries: panel.queries.map((one) => ({
      ...one,
      format: panel.buckets ? 'heatmap' : 'time_series',
    })),
  })
    .calculate(false)
    .cellGap(1)
    .color(panel.buckets ? counts() : between(panel))
    .cellValues(new heatmaps.CellValuesBuilder().unit(panel.buckets ? 'short' : panel.unit))
    .yAxis(
      new heatmaps.YAxisConfigBuilder()
        .unit(panel.buckets ? panel.unit : 'none')
        .axisPlacement(common.AxisPlacement.Left)
        .reverse(false),
    )
    .rowsFrame(new heatmaps.RowsHeatmapOptionsBuilder().layout(common.HeatmapCellLayout.Auto))
    .showLegend()
    .showTooltip();
  if (panel.buckets) builder.exemplarsColor('rgba(31, 120, 193, 0.9)');
  // Versions since 10.3 have a word for what was a switch.
  builder.build().options.tooltip.mode = 'single';
  return finished(builder, panel);
}

// What there is no figure of is neither good nor bad.
const nothing = [
  { type: 'special', options: { match: 'null', result: { text: '-', color: 'text', index: 0 } } },
];

// A table of instant queries, joined by the labels that they share. `columns`, in their order: what
// is shown of a label, or of the query at that index: {label|query, name, unit, …}. `narrow`: the width
// of columns of figures, where there are many; Grafana gives each at least 150.
export function table(panel) {
  const builder = begun('table', { ...panel, instant: true })
    .showHeader(true)
    .cellHeight(common.TableCellHeight.Sm);
  const single = panel.queries.length === 1;
  const field = (column) =>
    column.label ?? (single ? 'Value' : `Value #${names[column.query]}`);
  const shown = panel.columns.map(field);
  if (!single) builder.withTransformation({ id: 'merge', options: {} });
  // First what to keep, then what to call it: labels that are not named here are left out.
  builder.withTransformation({
    id: 'filterFieldsByName',
    options: { include: { names: shown } },
  });
  builder.withTransformation({
    id: 'organize',
    options: {
      excludeByName: {},
      indexByName: Object.fromEntries(shown.map((name, index) => [name, index])),
      renameByName: Object.fromEntries(panel.columns.map((column) => [field(column), column.name])),
    },
  });
  for (const column of panel.columns) {
    const properties = [];
    const set = (id, value) => value !== undefined && properties.push({ id, value });
    set('unit', column.unit);
    set('decimals', column.decimals);
    set('min', column.min);
    set('max', column.max);
    set('custom.width', column.width ?? (column.query === undefined ? undefined : panel.narrow));
    set('mappings', column.mappings ?? (column.thresholds && nothing));
    set('links', column.links);
    // What the panel says when it is empty is not what a cell says.
    set('noValue', column.noValue ?? (panel.noValue ? '-' : undefined));
    if (column.thresholds) {
      set('thresholds', {
        mode: 'absolute',
        steps: column.thresholds.map(([value, color]) => ({ value, color })),
      });
      set('color', { mode: 'thresholds' });
      set('custom.cellOptions', { type: column.gauge ? 'gauge' : 'color-text', ...column.gauge });
    } else if (column.gauge) {
      set('color', { mode: 'continuous-BlYlRd' });
      set('custom.cellOptions', { type: 'gauge', ...column.gauge });
    }
    if (properties.length) builder.overrideByName(column.name, properties);
  }
  if (panel.sortBy) builder.sortBy([new common.TableSortByFieldStateBuilder().displayName(panel.sortBy).desc(panel.descending ?? true)]);
  return finished(builder, panel);
}
