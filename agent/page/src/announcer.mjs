// Says to screen readers what has changed, and only that.
import {alertKey} from './alerts.mjs';

const kMostAtOnce = 3;

// Sentences about what differs between two rounds; undefined where a round has nothing.
export function changes(before, now) {
  const said = [];
  if (before.targets !== undefined && now.targets !== undefined) {
    const states = new Map(before.targets.targets.map(({name, state}) => [name, state]));
    for (const {name, state} of now.targets.targets) {
      if (states.has(name) && states.get(name) !== state) said.push(`Target ${name} is ${state}.`);
    }
  }
  if (before.alerts !== undefined && now.alerts !== undefined) {
    const firing = ({alerts}) => new Map(
        alerts.filter(({state}) => state === 'firing')
            .map(
                (alert) => [alertKey(alert), alert.annotations.summary ?? alert.labels.alertname]));
    const [old, fresh] = [firing(before.alerts), firing(now.alerts)];
    for (const [key, name] of fresh)
      if (!old.has(key)) said.push(`Alert: ${name}.`);
    for (const [key, name] of old)
      if (!fresh.has(key)) said.push(`No longer firing: ${name}.`);
  }
  return said;
}

// At most so many that nobody has to listen for a minute.
export function spoken(said) {
  if (said.length <= kMostAtOnce) return said.join(' ');
  return `${said.slice(0, kMostAtOnce).join(' ')} And ${said.length - kMostAtOnce} more changes.`;
}
