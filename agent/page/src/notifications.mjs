// The section Notifications: messages that wait to be delivered and those that were given up.
import {element, find, pill, quiet, setChildren, setText} from './dom.mjs';
import * as format from './format.mjs';
import {makeTable} from './table.mjs';

export const kMostMessages = 20;

export function messageText({status, alerts, groupLabels}) {
  const group = format.labelText(groupLabels);
  return `${format.plural(alerts, 'alert')} ${status}${group === '' ? '' : ` · ${group}`}`;
}

export function progressText({state, attempts, createdAt, nextAttempt, diedAt}, now) {
  const tried = format.plural(attempts, 'attempt');
  const age = format.duration((now - Date.parse(createdAt)) / 1000);
  if (state === 'dead')
    return `given up at ${format.clock(Date.parse(diedAt), now)} after ${tried}`;
  const left = (Date.parse(nextAttempt ?? '') - now) / 1000;
  const next = nextAttempt === undefined ?
      'on its way now' :
      `next attempt ${left >= 1 ? `in ${format.duration(left)}` : 'now'}`;
  return `${tried} in ${age}, ${next}`;
}

function cell(parts) {
  const nodes = parts.map(([name]) => element('span', {class: name}));
  return {
    node: element('div', {}, ...nodes),
    update: (row) => parts.forEach(([, textOf], i) => setText(nodes[i], textOf(row))),
  };
}

function stateCell() {
  const node = element('span', {});
  return {
    node,
    update: ({state}) =>
        setChildren(node, state === 'dead' ? pill('bad', 'given up') : pill('waiting', 'waiting')),
  };
}

export function makeNotifications(nowOf) {
  const none = quiet('Every message has arrived.');
  const resend = quiet(
      'When the reason is gone, send those that were given up again: ',
      element('code', {}, 'hitwatch notify resend --all'), ' (needs web.admin_api).');
  const table = makeTable({
    caption: 'Notifications that wait or were given up: to whom, about what, and why',
    by: undefined,
    className: 'messages',
    columns: [
      {key: 'state', title: 'State', cell: stateCell},
      {
        key: 'message',
        title: 'Message',
        class: 'subject',
        cell: () => cell([
          ['name', ({receiver, integration}) => `${receiver} (${integration})`],
          ['note', messageText]
        ])
      },
      {
        key: 'why',
        title: 'Why',
        cell: () => cell([
          [
            'detail',
            ({lastError, attempts}) => lastError !== '' ? lastError :
                attempts === 0                          ? 'was not tried yet' :
                                                          ''
          ],
          ['note', (row) => progressText(row, nowOf())]
        ])
      },
    ],
  });

  return {
    update(pending, dead) {
      const total = pending.total + dead.total;
      const rows = [...dead.notifications, ...pending.notifications];
      setText(
          find('notifications-count'),
          total > rows.length ? `${rows.length} of ${format.number(total)}` : '');
      if (rows.length === 0) {
        setChildren(find('notifications-body'), none);
        return;
      }
      setChildren(find('notifications-body'), table.node, ...dead.total > 0 ? [resend] : []);
      table.update(rows);
    },
  };
}
