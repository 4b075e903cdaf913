// Renders a Helm chart as `helm template RELEASE CHART --values FILE` does, as far as the charts of
// this project go: see go_template.mjs.
import {readFileSync, readdirSync, statSync, existsSync} from 'node:fs';
import path from 'node:path';
import {YAML} from './modules.mjs';
import {Executor, parse_template} from './go_template.mjs';

const is_map = value => value !== null && typeof value === 'object' && !Array.isArray(value);

// Values of `over` take the place of those in `under`; maps are joined.
export function overlay(under, over) {
  const result = {...under};
  for (const [key, value] of Object.entries(over ?? {})) {
    result[key] = is_map(result[key]) && is_map(value) ? overlay(result[key], value) : value;
  }
  return result;
}

function files_below(folder, relative = '') {
  return readdirSync(path.join(folder, relative)).sort().flatMap(name => {
    const inner = path.join(relative, name);
    return statSync(path.join(folder, inner)).isDirectory() ? files_below(folder, inner) : [inner];
  });
}

const read_yaml = file => YAML.parse(readFileSync(file, 'utf8'));

function files_object(folder) {
  return {
    Get: name => readFileSync(path.join(folder, name), 'utf8'),
    Glob: pattern => {
      const [inner, suffix] = pattern.split('/*');
      if (suffix === undefined) throw new Error(`chart.mjs: no glob like ${pattern}`);
      const names = readdirSync(path.join(folder, inner)).filter(name => name.endsWith(suffix));
      return Object.fromEntries(names.map(name => [`${inner}/${name}`, '']));
    },
  };
}

// What templates see as `.`, with those of the charts below as Subcharts.
function scope_of(folder, values, release, base) {
  const chart = read_yaml(path.join(folder, 'Chart.yaml'));
  const own = overlay(read_yaml(path.join(folder, 'values.yaml')) ?? {}, values);
  const prefix = base ? `${base}/charts/${chart.name}` : chart.name;
  const scope = {
    Chart: {Name: chart.name, Version: chart.version, AppVersion: chart.appVersion},
    Values: own,
    Release: release,
    Files: files_object(folder),
    Template: {BasePath: `${prefix}/templates`},
    Subcharts: {},
  };
  const parts = [{folder, prefix, scope}];
  for (const dependency of chart.dependencies ?? []) {
    const below = path.join(folder, 'charts', dependency.name);
    const inner = scope_of(below, own[dependency.name], release, prefix);
    scope.Subcharts[dependency.name] = inner.scope;
    own[dependency.name] = inner.scope.Values;
    parts.push(...inner.parts);
  }
  return {scope, parts};
}

// The text of each template that has objects, by its path; and NOTES.txt.
export function render_chart(folder, {values = {}, name, namespace = 'default'}) {
  const release = {Name: name, Namespace: namespace, Service: 'Helm'};
  const {parts} = scope_of(folder, values, release, '');
  const defines = new Map();
  const templates = [];
  for (const part of parts) {
    const inside = path.join(part.folder, 'templates');
    for (const file of existsSync(inside) ? files_below(inside) : []) {
      const full = `${part.prefix}/templates/${file}`;
      const nodes = parse_template(readFileSync(path.join(inside, file), 'utf8'), full, defines);
      defines.set(full, nodes);
      if (!file.endsWith('.tpl')) templates.push({full, nodes, scope: part.scope});
    }
  }
  const executor = new Executor(defines);
  const texts = {};
  for (const {full, nodes, scope} of templates) {
    try {
      texts[full] = executor.run(nodes, scope).trim();
    } catch (error) {
      error.message = `${full}: ${error.message}`;
      throw error;
    }
  }
  return texts;
}

// The objects in rendered texts, without NOTES.txt.
export function objects_of(texts) {
  return Object.entries(texts)
    .filter(([file]) => /\.ya?ml$/.test(file))
    .flatMap(([file, text]) => YAML.parseAllDocuments(text).map(document => {
      if (document.errors.length) throw new Error(`${file}: ${document.errors[0].message}`);
      return document.toJS();
    }))
    .filter(object => object !== null);
}
