// The section Targets: which servers are watched, how each is, since when and why.
import {element, find, pill, quiet, setChildren, setText} from './dom.mjs';
import * as format from './format.mjs';
import {makeTable} from './table.mjs';

export const kMostTargets = 50;
const kFilterFrom = 10;

const kStates = {
  down: {kind: 'bad', rank: 3},
  partial: {kind: 'waiting', rank: 2},
  unknown: {kind: 'calm', rank: 1},
  up: {kind: 'good', rank: 0},
};

// What there is to say besides its state.
export function detailText(target) {
  if (target.error !== null) return target.error.text;
  if (target.state === 'unknown') return 'has not been polled yet';
  const parts =
      [target.role, `version ${target.version}`, target.mode === 'standalone' ? '' : target.mode];
  const refused = Object.keys(target.unavailable);
  if (refused.length > 0) parts.push(`refuses ${refused.join(', ')}`);
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

function stateCell(nowOf) {
  const state = element('span', {});
  const since = element('span', {class: 'note'});
  return {
    node: element('div', {}, state, since),
    update(row) {
      setChildren(state, pill(kStates[row.state].kind, row.state));
      const time = Date.parse(row.stateSince ?? '');
      setText(
          since, Number.isFinite(time) ? `for ${format.duration((nowOf() - time) / 1000)}` : '');
      since.title = Number.isFinite(time) ? `since ${format.clock(time, nowOf())}` : '';
    },
  };
}

function textCell(textOf, className) {
  const node = element('span', {class: className});
  return {node, update: (row) => setText(node, textOf(row))};
}

export function makeTargets(nowOf) {
  const none = quiet(
      'Nothing is watched: name a server in the configuration (targets), or start ',
      element('code', {}, 'hitwatch run redis://HOST:6379'), '.');
  const noMatch = quiet('No target has such a name.');
  const table = makeTable({
    caption: 'Targets: state, since when, and why',
    by: 'state',
    className: 'targets',
    columns: [
      {
        key: 'name',
        title: 'Target',
        class: 'subject',
        sort: (row) => row.name,
        cell: () => textCell((row) => row.name, 'name')
      },
      {
        key: 'state',
        title: 'State',
        sort: (row) => kStates[row.state].rank,
        cell: () => stateCell(nowOf)
      },
      {key: 'details', title: 'Details', cell: () => textCell(detailText, 'detail')},
    ],
  });

  return {
    update({targets, total, states}, filter) {
      const all = Object.values(states).reduce((sum, count) => sum + count, 0);
      find('targets-filter').parentElement.hidden = all < kFilterFrom;
      const body = find('targets-body');
      setText(
          find('targets-count'),
          total > targets.length ? `the ${targets.length} that need it most, of ${total}` : '');
      if (targets.length === 0) {
        setChildren(body, filter === '' ? none : noMatch);
        return;
      }
      setChildren(body, table.node);
      table.update(targets.map((target) => ({...target, id: `${target.name} ${target.url}`})));
    },
  };
}
