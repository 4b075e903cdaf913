// The section Replication: masters with their replicas below them, how far those are behind, and
// what is wrong. Hidden where nothing replicates.
import {element, find, pill, setChildren, setText} from './dom.mjs';
import * as format from './format.mjs';
import {makeTable} from './table.mjs';

export const kMostTrees = 20;
const kMostRows = 100;
const kDeepestIndent = 8;

// How a server is as a part of its tree: [kind of pill, word].
export function stateOf({state, watched, link}) {
  if (state === 'down') return ['bad', 'down'];
  if (link?.unlisted) return ['bad', 'not listed'];
  if (link?.state === 'down') return ['bad', 'link down'];
  if (link?.state === 'syncing' || ['wait_bgsave', 'send_bulk'].includes(link?.listedState)) {
    return ['waiting', 'copying'];
  }
  if (!watched) return ['calm', 'not watched'];
  return state === 'up' ? ['good', 'up'] : [state === 'partial' ? 'waiting' : 'calm', state];
}

// "1.2 MiB · 3 s". Offsets of two polls tell no more than a bound.
export function behindText({link}) {
  if (link === null) return format.kNothing;
  const parts = [];
  if (link.lagBytes !== null) {
    parts.push(`${link.lagBytesFrom === 'polls' ? '≈ ' : ''}${format.bytes(link.lagBytes)}`);
  }
  if (link.lagSeconds !== null) parts.push(format.duration(link.lagSeconds));
  return parts.length === 0 ? format.kNothing : parts.join(' · ');
}

// What there is to say of a server beside its name: its role, and what it did for its replicas.
export function roleText({role, group, shard, depth, again, fullSyncs, partialSyncs, follows}) {
  if (again) return 'shown above';
  const parts = [];
  if (depth === 0) parts.push(group, shard === '' ? '' : `shard ${shard}`);
  parts.push(role === 'slave' ? 'replica' : role);
  if (follows && typeof fullSyncs === 'number' && typeof partialSyncs === 'number') {
    parts.push(`resyncs: ${fullSyncs} full, ${partialSyncs} partial`);
  }
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

// All trees as one list.
export function rowsOf(trees) {
  return trees.flatMap(
      ({group, shard, servers}) => servers.map((server, i) => ({
                                                 ...server,
                                                 group,
                                                 shard,
                                                 follows: servers[i + 1]?.depth > server.depth,
                                                 id: `${servers[0].name}\n${i}\n${server.name}`,
                                               })));
}

function serverCell() {
  const step = element('span', {'aria-hidden': 'true', class: 'step'}, '└');
  const name = element('span', {class: 'name'});
  const about = element('span', {class: 'note'});
  const below = element('span', {class: 'unseen'});
  const problems = element('ul', {class: 'problems'});
  const node = element('div', {}, step, name, below, about, problems);
  return {
    node,
    update(row) {
      step.hidden = row.depth === 0;
      const indent = Math.max(0, Math.min(row.depth, kDeepestIndent) - 1);
      node.style.paddingInlineStart = `${1.1 * indent}em`;
      setText(name, row.name);
      setText(below, row.link === null ? '' : ` replicates from ${row.link.master} `);
      setText(about, roleText(row));
      if (problems.textContent !== row.problems.join('')) {
        setChildren(problems, ...row.problems.map((text) => element('li', {}, text)));
      }
    },
  };
}

function stateCell() {
  const node = element('span', {});
  let shown = '';
  return {
    node,
    update(row) {
      const [kind, word] = stateOf(row);
      if (shown === kind + word) return;
      shown = kind + word;
      setChildren(node, pill(kind, word));
    },
  };
}

function behindCell() {
  const node = element('span', {});
  return {node, update: (row) => setText(node, behindText(row))};
}

export function makeReplication() {
  const table = makeTable({
    caption: 'Replication: masters, each followed by its replicas, and how far those are behind',
    className: 'replication',
    columns: [
      {key: 'server', title: 'Server', class: 'subject', cell: serverCell},
      {key: 'state', title: 'State', cell: stateCell},
      {key: 'behind', title: 'Behind', class: 'number', cell: behindCell},
    ],
  });

  return {
    update({trees, total, problems}) {
      find('replication').hidden = total === 0;
      if (total === 0) return;
      const rows = rowsOf(trees);
      const parts = [];
      if (problems > 0) parts.push(format.plural(problems, 'problem'));
      if (total > trees.length || rows.length > kMostRows) {
        parts.push(`the first of ${format.plural(total, 'master')}, worst first`);
      }
      setText(find('replication-count'), parts.join(' · '));
      setChildren(find('replication-body'), table.node);
      table.update(rows.slice(0, kMostRows));
    },
  };
}
