// The section Slow commands: the latest entries of the servers' slow logs.
import {element, find, quiet, setChildren, setText} from './dom.mjs';
import * as format from './format.mjs';
import {makeTable, textCell} from './table.mjs';

export const kMostSlow = 6;

// Whose it was, as far as that is known.
export function aboutText({target, type, tenant, client, clientName}) {
  const from = clientName === '' ? client : `${clientName} (${client})`;
  return [target, type, tenant, from === '' ? '' : `from ${from}`]
      .filter((part) => part !== '')
      .join(' · ');
}

function commandCell() {
  const text = element('code', {class: 'command'});
  const about = element('span', {class: 'note'});
  return {
    node: element('div', {}, text, about),
    update(row) {
      setText(text, row.text);
      setText(about, aboutText(row));
    },
  };
}

export function makeSlow(nowOf) {
  const none = quiet(
      'None was seen. From which time on a command is slow, servers say themselves: ',
      element('code', {}, 'CONFIG GET slowlog-log-slower-than'), '.');
  const table = makeTable({
    caption: 'Slow commands: when, how long they took, and what they were',
    by: 'time',
    className: 'slow',
    columns: [
      {
        key: 'time',
        title: 'When',
        class: 'number',
        sort: (row) => Date.parse(row.time),
        cell: () => textCell((row) => format.clock(Date.parse(row.time), nowOf()))
      },
      {
        key: 'took',
        title: 'Took',
        class: 'number',
        sort: (row) => row.durationSeconds,
        cell: () => textCell((row) => format.latency(row.durationSeconds))
      },
      {
        key: 'command',
        title: 'Command',
        class: 'subject',
        sort: (row) => row.text,
        cell: commandCell
      },
    ],
  });

  return {
    update({commands, total}) {
      setText(
          find('slow-count'),
          total > commands.length ? `the latest ${commands.length} of ${total}` : '');
      if (commands.length === 0) {
        setChildren(find('slow-body'), none);
        return;
      }
      setChildren(find('slow-body'), table.node);
      table.update(commands.map(
          (command) => ({...command, id: [command.target, command.id, command.time].join('\n')})));
    },
  };
}
