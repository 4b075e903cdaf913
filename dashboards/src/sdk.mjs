// Grafana's builders of dashboards, in the version for Grafana 10.1: what they write is read by all
// later ones. Found as Node.js finds packages, and in NODE_PATH.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const part = (name) => require(`@grafana/grafana-foundation-sdk/${name}`);

export const common = part('common');
export const dashboard = part('dashboard');
export const prometheus = part('prometheus');
export const panels = {
  bargauge: part('bargauge').PanelBuilder,
  heatmap: part('heatmap').PanelBuilder,
  stat: part('stat').PanelBuilder,
  statetimeline: part('statetimeline').PanelBuilder,
  table: part('table').PanelBuilder,
  timeseries: part('timeseries').PanelBuilder,
};
export const heatmap = part('heatmap');
