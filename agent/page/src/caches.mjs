// The sections Types and Tenants.
import {element, find, quiet, setChildren, setText} from './dom.mjs';
import {makeFigure} from './figure.mjs';
import {kHitRatio, kP99} from './figure_kinds.mjs';
import * as format from './format.mjs';
import {makeTable, textCell} from './table.mjs';

function nameCell(none) {
  const name = element('span', {class: 'name'});
  const layer = element('span', {class: 'note'});
  return {
    node: element('div', {}, name, layer),
    update(row) {
      setText(name, row.name === '' ? none : row.name);
      const notes = [row.layer === 'redis' ? '' : row.layer, row.source === 'tap' ? 'tap' : ''];
      setText(layer, notes.filter((text) => text !== '').join(' · '));
    },
  };
}

const kMisses = {
  key: 'misses',
  title: 'Misses / 5 min',
  class: 'number',
  sort: (row) => row.misses,
  cell: () => textCell((row) => format.number(Math.round(row.misses))),
};
const kLookups = {
  key: 'lookups',
  title: 'Lookups / s',
  class: 'number',
  sort: (row) => row.lookups,
  cell: () => textCell((row) => format.number(row.lookups)),
};

// Of types or tenants, with charts. `none` stands for an empty name.
function makeLookupTable(title, none) {
  return makeTable({
    caption: `${title}: misses, lookups, hit ratio and 99th percentile of the latency of GET, ` +
        'over five minutes each',
    by: 'misses',
    className: 'lookups',
    columns: [
      {key: 'name', title, class: 'subject', sort: (row) => row.name, cell: () => nameCell(none)},
      kMisses,
      kLookups,
      {
        key: 'ratio',
        title: 'Hit ratio',
        class: 'measure',
        sort: (row) => row.ratio.values.at(-1),
        cell: () => makeFigure(kHitRatio, (row) => row.ratio)
      },
      {
        key: 'p99',
        title: 'p99',
        class: 'measure',
        sort: (row) => row.p99.values.at(-1),
        cell: () => makeFigure(kP99, (row) => row.p99)
      },
    ],
  });
}

// Where there is no history: a row for each tenant and type.
function makeRecentTable() {
  return makeTable({
    caption:
        'Tenants and types: misses, lookups, hit ratio and 99th percentile of the latency over ' +
        'five minutes',
    by: 'misses',
    className: 'recent',
    columns: [
      {
        key: 'name',
        title: 'Tenant',
        class: 'subject',
        sort: (row) => row.name,
        cell: () => nameCell('no tenant')
      },
      {
        key: 'type',
        title: 'Type',
        sort: (row) => row.type,
        cell: () => textCell((row) => row.type)
      },
      kMisses,
      kLookups,
      {
        key: 'ratio',
        title: 'Hit ratio',
        class: 'number',
        sort: (row) => row.hitRatio,
        cell: () => textCell((row) => format.percent(row.hitRatio))
      },
      {
        key: 'p99',
        title: 'p99',
        class: 'number',
        sort: (row) => row.p99,
        cell: () => textCell((row) => format.latency(row.p99))
      },
    ],
  });
}

// What a newcomer can do about it.
function howToReport() {
  return element(
      'div', {class: 'howto'},
      element(
          'p', {},
          'No lookup has been seen yet. Two ways: without any change to applications, the wire ' +
              'tap sees their lookups on the machine of a server (tap: {enabled: true} in the ' +
              'configuration, docs/tap.md). Or applications report them. Point a StatsD client at ' +
              'the daemon, which listens on 127.0.0.1:8125 unless apps.statsd.listen says ' +
              'otherwise, or try it:'),
      element(
          'pre', {},
          element(
              'code', {},
              'echo \'cache.miss:1|c|#tenant:acme,type:catalog\' | nc -u -w1 127.0.0.1 8125')),
      element(
          'p', {},
          'Hits are cache.hit, errors cache.error, times cache.latency in ms. HTTP, ' +
              'OpenTelemetry and polling of an application\'s statistics are the other ways: docs/lookups.md.'));
}

function countText(rows, total, word) {
  return total > rows.length ?
      `the ${rows.length} that miss most, of ${format.plural(total, word)}` :
      format.plural(rows.length, word);
}

// Over which time the charts go.
function spanText(row) {
  const times = row.ratio?.times;
  return times === undefined ? '' : ` · last ${format.duration(times.at(-1) - times[0])}`;
}

// What one of the sections shows at a time.
function makeBody(id) {
  return {
    show: (node) => setChildren(find(`${id}-body`), node),
    count: (text) => setText(find(`${id}-count`), text),
  };
}

export function makeCaches() {
  const types = makeBody('types');
  const tenants = makeBody('tenants');
  const typeTable = makeLookupTable('Type', 'no type');
  const tenantTable = makeLookupTable('Tenant', 'no tenant');
  const recentTable = makeRecentTable();
  const recently = 'What is known of the last five minutes is below, by tenant and type.';
  const noApi = quiet(`Charts need the query API, which is off (web.query_api). ${recently}`);
  const tooMany = quiet(
      'So many tenants and types have charts where the bundled rules sum them up ' +
      `(rules.bundled). ${recently}`);
  const howto = howToReport();
  const noLookups = quiet('No lookups yet.');

  function list(body, table, {rows, total, byTap}, word, filter) {
    if (rows.length === 0) {
      body.show(quiet(
          filter === '' ? 'No lookups in the last five minutes.' :
                          `No ${word} with such a name was looked up in the last five minutes.`));
      body.count('');
      return;
    }
    body.show(table.node);
    const seen = byTap ? ' · seen on the wire' : '';
    body.count(countText(rows, total, word) + spanText(rows[0]) + seen);
    table.update(rows);
  }

  return {
    nothing() {
      types.show(howto);
      types.count('');
      tenants.show(noLookups);
      tenants.count('');
    },
    types: (found) => list(types, typeTable, found, 'type', ''),
    tenants: (found, filter) => list(tenants, tenantTable, found, 'tenant', filter),
    // Without charts: for want of the query API, or because there are too many series.
    recent(found, filter, queryApi) {
      const why = queryApi ? tooMany : noApi;
      types.show(found.rows.length === 0 && filter === '' ? howto : why);
      types.count('');
      list(tenants, recentTable, found, 'row', filter);
    },
    failed(reason) {
      types.count(reason);
      tenants.count(reason);
    },
  };
}
