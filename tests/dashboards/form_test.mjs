// What a reader of a dashboard counts on and no query shows: every panel says what to do and in which
// unit, asks the data source that was chosen, links lead somewhere.
//
//   node form_test.mjs [FOLDER]
import {panelsOf} from '../../dashboards/model/panels.mjs';
import {addressesOf} from '../../dashboards/model/links.mjs';
import {dashboardFolder, readDashboards, readMayBeEmpty} from '../../dashboards/model/dashboard_files.mjs';

const withoutFigures = ['text', 'alertlist', 'dashlist', 'news', 'logs'];
const columns = 24;
const chosenSource = '${datasource}';

const complaints = [];
const complain = (where, what) => complaints.push(`${where}: ${what}`);

function checkUnit(where, panel) {
  const overrides = panel.fieldConfig?.overrides ?? [];
  const set = (property) => property.id === 'unit' && property.value;
  if (!panel.fieldConfig?.defaults?.unit && !overrides.some(({properties}) => properties.some(set))) {
    complain(where, 'no unit');
  }
}

// `whose` names a thing that asks a data source.
function checkSource(where, whose, datasource) {
  if (datasource?.uid !== chosenSource) {
    complain(where, `${whose} asks the data source '${datasource?.uid ?? datasource}', not ${chosenSource}`);
  }
}

function checkPanel(where, panel) {
  if (!panel.title) complain(where, 'no title');
  // Paragraphs: what it shows, and what to do.
  const [shows, act, ...more] = (panel.description ?? '').split('\n\n').map((text) => text.trim());
  if (!/\.$/.test(shows) || !/\.$/.test(act ?? '') || more.length) {
    complain(where, `its description does not say what it shows and what to do: '${panel.description}'`);
  }
  if (withoutFigures.includes(panel.type)) return;
  checkUnit(where, panel);
  checkSource(where, 'the panel', panel.datasource);
  const refs = (panel.targets ?? []).map(({refId}) => refId);
  if (!refs.length) complain(where, 'no query');
  if (new Set(refs).size !== refs.length) complain(where, `queries of the same name: ${refs}`);
  for (const target of panel.targets ?? []) {
    if (target.datasource) checkSource(where, `query ${target.refId}`, target.datasource);
    if (!target.expr) complain(where, `query ${target.refId} is empty`);
  }
}

// Rows and panels as the page has them: none over another, none beside the page.
function checkPlaces(where, panels) {
  const taken = new Map();
  for (const {title, gridPos} of panels) {
    if (!gridPos || gridPos.x < 0 || gridPos.w < 1 || gridPos.h < 1 || gridPos.x + gridPos.w > columns) {
      complain(where, `'${title}' is beside the page`);
      continue;
    }
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; ++x) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; ++y) {
        const other = taken.get(`${x},${y}`);
        if (other !== undefined && other !== title) complain(where, `'${title}' covers '${other}'`);
        taken.set(`${x},${y}`, title);
      }
    }
  }
}

function checkIds(where, dashboard) {
  const ids = (dashboard.panels ?? []).flatMap((panel) => [panel, ...(panel.panels ?? [])])
    .map(({id}) => id);
  if (ids.some((id) => !Number.isInteger(id))) complain(where, 'a panel without an id');
  if (new Set(ids).size !== ids.length) complain(where, `panels with the same id among ${ids}`);
  if (dashboard.id !== undefined && dashboard.id !== null) complain(where, "a Grafana's own id");
}

function checkVariables(where, dashboard) {
  const list = dashboard.templating?.list ?? [];
  const names = list.map(({name}) => name);
  if (new Set(names).size !== names.length) complain(where, `variables of the same name: ${names}`);
  if (!list.some(({name, type, query}) => name === 'datasource' && type === 'datasource' &&
                                          query === 'prometheus')) {
    complain(where, 'no variable $datasource of type prometheus');
  }
  for (const variable of list.filter(({type}) => type === 'query')) {
    checkSource(where, `$${variable.name}`, variable.datasource);
    // A list of all that there is makes a query of thousands of names.
    if (variable.includeAll && !variable.allValue) {
      complain(where, `$${variable.name} has an "All" without a value of its own`);
    }
  }
}

function checkAnnotations(where, dashboard) {
  for (const annotation of dashboard.annotations?.list ?? []) {
    if (annotation.builtIn) continue;
    checkSource(where, `the annotation '${annotation.name}'`, annotation.datasource);
  }
}

// Every text in the JSON that leads to a dashboard, wherever it stands.
function* addressesIn(value) {
  if (typeof value === 'string') {
    for (const [, uid] of value.matchAll(/(?:^|[("'\s/])\/?d\/([A-Za-z0-9_-]+)(?=[/?"')\s#]|$)/g)) yield uid;
  } else if (value && typeof value === 'object') {
    for (const inner of Object.values(value)) yield* addressesIn(inner);
  }
}

function checkLinks(where, dashboard, uids, tags) {
  const names = (dashboard.templating?.list ?? []).map(({name}) => name);
  for (const {place, url} of addressesOf(dashboard)) {
    for (const [, name] of url.matchAll(/\$\{(\w+)/g)) {
      if (!name.startsWith('__') && !names.includes(name)) {
        complain(`${where}, ${place}`, `a link names $${name}, which this dashboard has not`);
      }
    }
    // The daemon's pages through the data source would be there with one of the two alone.
    if (url.includes('/api/datasources/proxy/')) complain(`${where}, ${place}`, `a link through Grafana: ${url}`);
  }
  for (const uid of addressesIn(dashboard)) {
    if (!uids.includes(uid)) complain(where, `a link to the dashboard '${uid}', which does not exist`);
  }
  for (const link of dashboard.links ?? []) {
    if (link.type !== 'dashboards') continue;
    for (const tag of link.tags ?? []) {
      if (!tags.includes(tag)) complain(where, `a link to dashboards with the tag '${tag}': there are none`);
    }
  }
}

function checkUids(all) {
  const uids = all.map(({dashboard}) => dashboard.uid);
  for (const {file, dashboard} of all) {
    // It is what links and bookmarks say: it may not depend on an import.
    if (!/^hitwatch-[a-z0-9-]{1,31}$/.test(dashboard.uid ?? '')) {
      complain(file, `its uid '${dashboard.uid}' is not hitwatch- and a name`);
    }
    if (uids.filter((uid) => uid === dashboard.uid).length > 1) {
      complain(file, `another has the uid '${dashboard.uid}', too`);
    }
  }
  return uids;
}

const folder = process.argv[2] ?? dashboardFolder;
const all = readDashboards(folder);
const uids = checkUids(all);
const tags = all.flatMap(({dashboard}) => dashboard.tags ?? []);
let panels = 0;
for (const {file, dashboard} of all) {
  if (!dashboard.title) complain(file, 'no title');
  checkIds(file, dashboard);
  checkPlaces(file, (dashboard.panels ?? []));
  checkVariables(file, dashboard);
  checkAnnotations(file, dashboard);
  checkLinks(file, dashboard, uids, tags);
  const found = panelsOf(dashboard);
  panels += found.length;
  const titles = found.map(({panel}) => panel.title);
  for (const title of new Set(titles)) {
    if (titles.indexOf(title) !== titles.lastIndexOf(title)) complain(file, `two panels '${title}'`);
  }
  for (const {panel} of found) checkPanel(`${file}, ${panel.title ?? panel.id}`, panel);
}
readMayBeEmpty(folder);
for (const complaint of complaints) console.error(complaint);
console.log(`${all.length} dashboards, ${panels} panels, ${complaints.length} complaints`);
if (complaints.length) process.exitCode = 1;
