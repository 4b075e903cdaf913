// The headline and the four tiles under it.
import {countAlerts} from './alerts.mjs';
import {makeChart} from './chart.mjs';
import {element, find, setChildren, setClass, setText} from './dom.mjs';
import {figureSentence, kHitRatio} from './figure_kinds.mjs';
import * as format from './format.mjs';
import {headlineText} from './headline.mjs';

function makeTile(id, title) {
  const value = element('span', {class: 'big'});
  const note = element('span', {class: 'note'});
  const node = element(
      'a', {href: `#${id}`, class: 'tile'}, element('span', {class: 'title'}, title), value, note);
  return {
    node,
    show(kind, big, small) {
      setClass(node, `tile ${kind}`);
      setText(value, big);
      setText(note, small);
    },
  };
}

export function makeOverview() {
  const targets = makeTile('targets', 'Targets');
  const ratio = makeTile('types', 'Hit ratio');
  const alerts = makeTile('alerts', 'Alerts');
  const messages = makeTile('notifications', 'Notifications');
  const chart = makeChart(() => {});
  ratio.node.append(chart.node);
  const tiles = [alerts, ratio, targets, messages];
  setChildren(find('tiles'), ...tiles.map(({node}) => node));
  for (const tile of tiles) tile.show('calm', format.kNothing, '');

  function showTargets({states}) {
    const all = Object.values(states).reduce((sum, count) => sum + count, 0);
    const kind = states.down > 0 ? 'bad' :
        states.partial > 0       ? 'waiting' :
        all > 0                  ? 'good' :
                                   'calm';
    const troubles = ['down', 'partial', 'unknown']
                         .filter((state) => states[state] > 0)
                         .map((state) => `${states[state]} ${state}`);
    targets.show(
        kind, `${states.up} of ${all}`, troubles.length > 0 ? `up, ${troubles.join(', ')}` : 'up');
  }

  function showAlerts({counts, rules}) {
    const {firing, pending} = countAlerts(counts);
    const kind = firing > 0 ? 'bad' : pending > 0 ? 'waiting' : rules > 0 ? 'good' : 'calm';
    alerts.show(kind, String(firing), pending > 0 ? `firing, ${pending} pending` : 'firing');
  }

  function showMessages(pending, dead) {
    const kind = dead.total > 0 ? 'bad' : pending.total > 0 ? 'waiting' : 'good';
    if (dead.total + pending.total === 0)
      messages.show(kind, '0', 'waiting or given up');
    else
      messages.show(kind, String(pending.total), `waiting, ${dead.total} given up`);
  }

  return {
    // What came in a round of requests; undefined where nothing did.
    state(found) {
      setText(find('headline'), headlineText(found));
      if (found.targets !== undefined) showTargets(found.targets);
      if (found.alerts !== undefined) showAlerts(found.alerts);
      if (found.pending !== undefined && found.dead !== undefined) {
        showMessages(found.pending, found.dead);
      }
      const {firing} = found.alerts === undefined ? {firing: 0} : countAlerts(found.alerts.counts);
      document.title = firing > 0 ? `(${firing}) hitwatch` : 'hitwatch';
    },
    ratio({range, values, layer, layers, perSecond, byTap}) {
      const last = values.at(-1);
      const whose = ['as servers count', ''][layers.length] ?? `in the cache ${layer}`;
      const rate = last === null ? 'nobody asks' : `${format.number(perSecond)} lookups/s`;
      ratio.show(
          'calm', format.percent(last),
          [rate, whose, byTap ? 'on the wire' : ''].filter((text) => text !== '').join(', '));
      chart.node.hidden = false;
      chart.update({
        times: range.times,
        values,
        threshold: undefined,
        highest: kHitRatio.highest(),
        bad: false,
        sentence: figureSentence(kHitRatio, 'all lookups', {times: range.times, values}),
      });
    },
    noRatio(text) {
      ratio.show('calm', format.kNothing, text);
      chart.node.hidden = true;
    },
  };
}
