// What a dashboard's JSON consists of: its panels, and all that it asks of a data source. Used by the
// tests, which ask the same, and by the page that draws the panels.

// Every panel that shows something, those of collapsed rows included, as {panel, row}: `row` is the
// title of the row it stands under, '' above the first.
export function panelsOf(dashboard) {
  const found = [];
  let row = '';
  for (const panel of dashboard.panels ?? []) {
    if (panel.type !== 'row') {
      found.push({panel, row});
      continue;
    }
    row = panel.title ?? '';
    for (const inner of panel.panels ?? []) found.push({panel: inner, row});
  }
  return found;
}

// What a panel asks: {expr, refId, kinds, format, exemplar, interval} of each query that is not hidden.
// `kinds` has 'instant', 'range' or both; a query that says neither is a range, as in Grafana.
export function queriesOf(panel) {
  return (panel.targets ?? [])
    .filter((target) => !target.hide && target.expr !== undefined)
    .map((target) => ({
      expr: target.expr,
      refId: target.refId ?? 'A',
      kinds: [...(target.instant ? ['instant'] : []),
              ...(target.range || !target.instant ? ['range'] : [])],
      format: target.format ?? 'time_series',
      legend: target.legendFormat ?? '',
      exemplar: target.exemplar === true,
      interval: target.interval ?? panel.interval,
    }));
}

// A query variable's question, whichever way the version of Grafana writes it.
export function variableQuery(variable) {
  const query = variable.query ?? '';
  return typeof query === 'string' ? query : query.query ?? variable.definition ?? '';
}

// What a variable asks, taken apart: {label, match}, {expr} or {metrics}; undefined if it is none of
// Grafana's functions for Prometheus.
export function questionOf(query) {
  const text = query.trim();
  const inner = /^label_values\s*\(([^]*)\)$/.exec(text);
  if (inner) {
    const comma = inner[1].lastIndexOf(',');
    const label = inner[1].slice(comma + 1).trim();
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) return undefined;
    return {label, match: comma < 0 ? undefined : inner[1].slice(0, comma).trim()};
  }
  const result = /^query_result\s*\(([^]*)\)$/.exec(text);
  if (result) return {expr: result[1].trim()};
  const metrics = /^metrics\s*\(([^]*)\)$/.exec(text);
  if (metrics) return {metrics: metrics[1].trim()};
  return undefined;
}

// The annotations that ask a data source, as {name, expr}.
export function annotationsOf(dashboard) {
  return (dashboard.annotations?.list ?? [])
    .filter((annotation) => annotation.enable !== false || annotation.expr || annotation.target?.expr)
    .map((annotation) => ({
      name: annotation.name,
      expr: annotation.expr ?? annotation.target?.expr,
      color: annotation.iconColor,
    }))
    .filter((annotation) => annotation.expr);
}
