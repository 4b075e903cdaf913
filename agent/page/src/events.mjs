// The section Events: what happened to the servers, the latest first. Hidden before anything did.
import {element, find, setChildren, setText} from './dom.mjs';
import * as format from './format.mjs';

export const kMostEvents = 8;

const idOf = ({time, kind, target, group, text}) => [time, kind, target, group, text].join('\n');

export function makeEvents(nowOf) {
  const list = element('ol', {class: 'events'});
  const shown = new Map();  // id → node

  function nodeOf(event) {
    const time = element('time', {datetime: event.time, class: 'when'});
    const node = element('li', {}, time, element('span', {}, event.text));
    return {node, time};
  }

  return {
    update({events, total}) {
      find('events').hidden = total === 0;
      setText(
          find('events-count'),
          total > events.length ? `the latest ${events.length} of ${total}` : '');
      const ids = events.map(idOf);
      for (const id of shown.keys())
        if (!ids.includes(id)) shown.delete(id);
      events.forEach((event, i) => {
        if (!shown.has(ids[i])) shown.set(ids[i], nodeOf(event));
        setText(shown.get(ids[i]).time, format.clock(Date.parse(event.time), nowOf()));
      });
      setChildren(list, ...[...new Set(ids)].map((id) => shown.get(id).node));
      setChildren(find('events-body'), list);
    },
  };
}
