// How things are, in one sentence. Pure.
import {countAlerts} from './alerts.mjs';
import * as format from './format.mjs';

function sentence(parts) {
  const text =
      parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

const are = (count) => (count === 1 ? 'is' : 'are');

// All of it in one sentence; what is not known yet (undefined) is not spoken of.
export function headlineText({targets, alerts, dead, replication}) {
  const parts = [];
  const states = targets?.states ?? {};
  const all = Object.values(states).reduce((sum, count) => sum + count, 0);
  const firing = alerts === undefined ? 0 : countAlerts(alerts.counts).firing;
  if (firing > 0) parts.push(`${format.plural(firing, 'alert')} ${are(firing)} firing`);
  if (states.down > 0) {
    parts.push(`${states.down} of ${format.plural(all, 'target')} ${are(states.down)} down`);
  }
  if (states.partial > 0) {
    parts.push(`${format.plural(states.partial, 'target')} answer${
        states.partial === 1 ? 's' : ''} in part`);
  }
  // Servers that are down are among its problems, too.
  if (replication?.problems > 0 && !(states.down > 0)) {
    parts.push(`replication has ${format.plural(replication.problems, 'problem')}`);
  }
  if (dead?.total > 0) {
    parts.push(`${format.plural(dead.total, 'notification')} ${
        dead.total === 1 ? 'was' : 'were'} given up`);
  }
  if (parts.length > 0) return sentence(parts);
  if (targets !== undefined && all === 0) return 'Nothing is watched yet.';
  if (targets !== undefined && states.unknown === all) return 'The first poll is under way.';
  if (targets === undefined || alerts === undefined) return 'How your caches are';
  const who = ['', 'the target answers', 'both targets answer'][all] ?? `all ${all} targets answer`;
  return `All is well: ${who}, and nothing is firing.`;
}
