// The section On the wire: what the wire tap sees by key pattern, and how far it agrees with what
// servers count.
import {element, find, quiet, setChildren, setText} from './dom.mjs';
import * as format from './format.mjs';
import {makeTable, textCell} from './table.mjs';

export const kMostSeen = 8;  // patterns
const kMostKeys = 5;

const share = (ratio) => format.percent(Math.min(1, ratio));

// How much of what a server did was seen, and how far the lookups agree.
export function trustText({name, coverage, disagreement}) {
  const seen =
      coverage === null ? 'nothing to compare with yet' : `${share(coverage)} of commands seen`;
  return `${name}: ${seen}` +
      (disagreement === null ? '' : `, hits and misses differ by ${share(disagreement)}`);
}

export function offText({enabled, off}) {
  return enabled ?
      `The wire tap is on and cannot capture: ${off}.` :
      'The wire tap is off. On the machine of a server it sees hits, misses and latencies of all ' +
          'applications, without any change to them: tap: {enabled: true} in the configuration, and ' +
          'the capability CAP_NET_RAW. See docs/tap.md.';
}

const figure = (key, title, valueOf, textOf) => ({
  key,
  title,
  class: 'number',
  sort: valueOf,
  cell: () => textCell((row) => textOf(valueOf(row))),
});

function patternCell() {
  const pattern = element('span', {class: 'name'});
  const type = element('span', {class: 'note'});
  return {
    node: element('div', {}, pattern, type),
    update(row) {
      setText(pattern, row.pattern === '' ? 'no pattern' : row.pattern);
      setText(type, row.type);
    },
  };
}

export function makeTap(nowOf) {
  const patterns = makeTable({
    caption: 'Key patterns: commands, hit ratio, latency at the server, bytes read and written, ' +
        'since the tap began',
    by: 'commands',
    columns: [
      {
        key: 'pattern',
        title: 'Pattern',
        class: 'subject',
        sort: (row) => row.pattern,
        cell: patternCell
      },
      figure('commands', 'Commands', (row) => row.figures.commands, format.number),
      figure('ratio', 'Hit ratio', (row) => row.figures.hit_ratio, format.percent),
      figure('p50', 'p50', (row) => row.latency.p50_seconds, format.latency),
      figure('p99', 'p99', (row) => row.latency.p99_seconds, format.latency),
      figure('out', 'Read', (row) => row.figures.bytes_out, format.bytes),
      figure('in', 'Written', (row) => row.figures.bytes_in, format.bytes),
    ],
  });
  const keys = makeTable({
    caption: 'Hot keys: uses, and by how many these are too high at most',
    by: 'count',
    columns: [
      {
        key: 'key',
        title: 'Hot key',
        class: 'subject',
        sort: (row) => row.key,
        cell: () => textCell((row) => row.key)
      },
      figure('count', 'Uses', (row) => row.count, format.number),
      figure('error', 'Error', (row) => row.error, format.number),
    ],
  });

  return {
    update({enabled, off, sample, instances, report}) {
      if (report === null) {
        setText(find('tap-count'), '');
        setChildren(find('tap-body'), quiet(offText({enabled, off})));
        return;
      }
      const began =
          report.first === null ? '' : `since ${format.clock(Date.parse(report.first), nowOf())}`;
      const part = sample === 1 ? '' : `one connection of ${format.number(Math.round(1 / sample))}`;
      setText(find('tap-count'), [began, part].filter((text) => text !== '').join(' · '));
      const told =
          [...report.capture.faults, ...instances.map(trustText)].map((text) => quiet(text));
      const seen = report.patterns.length > 0 ? [patterns.node, keys.node] :
                                                [quiet('Nothing has passed yet.')];
      patterns.update(report.patterns.map((row) => ({...row, id: row.pattern})));
      keys.update(report.hot_keys.slice(0, kMostKeys).map((row, at) => ({...row, id: at})));
      setChildren(find('tap-body'), ...told, ...seen);
    },
  };
}
