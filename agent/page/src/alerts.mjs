// The section Alerts: what is firing and pending, and why.
import {element, find, pill, quiet, safeLink, setChildren, setClass, setText} from './dom.mjs';
import * as format from './format.mjs';
import {effective, thresholdsIn, thresholdText} from './thresholds.mjs';

export const kMostAlerts = 50;
const kFolded = 8;  // so many are shown before somebody asks for all

// Alerts of this severity are meant to fire: they show that the way to people works.
const isWatchdog = (alert) => alert.labels.severity === 'none';
export const alertKey = (alert) => JSON.stringify(Object.entries(alert.labels).sort());

// By state, without watchdogs, from `counts` of /api/v1/alerts.
export function countAlerts(counts) {
  const sum = (state) =>
      counts.filter((count) => count.state === state && count.severity !== 'none')
          .reduce((total, {alerts}) => total + alerts, 0);
  return {firing: sum('firing'), pending: sum('pending')};
}

// Firing before pending, then by severity, then the latest first; watchdogs last.
const kSeverities = ['critical', 'page', 'error', 'warning', 'info'];
export function inOrder(alerts) {
  const rank = (alert) => {
    const severity = kSeverities.indexOf(alert.labels.severity);
    return [
      isWatchdog(alert) ? 1 : 0, alert.state === 'firing' ? 0 : 1,
      severity < 0 ? kSeverities.length : severity, -Date.parse(alert.activeAt)
    ];
  };
  return alerts.map((alert) => ({alert, rank: rank(alert)}))
      .sort((a, b) => {
        const at = a.rank.findIndex((value, i) => value !== b.rank[i]);
        return at < 0 ? 0 : a.rank[at] - b.rank[at];
      })
      .map(({alert}) => alert);
}

// Of several rules of that name the one whose own labels the alert has.
export function ruleOf(alert, rules) {
  const named = rules.filter(({name}) => name === alert.labels.alertname);
  return named.find(
             ({labels}) => Object.entries(labels).every(
                 ([name, value]) => alert.labels[name] === value || value.includes('{{'))) ??
      named[0];
}

// Changes of this alert among the last evaluations of its rule, the newest first.
export function historyOf(alert, rule) {
  const key = alertKey(alert);
  return (rule?.evaluations ?? [])
      .flatMap(
          ({time, changes = []}) => changes.filter((change) => alertKey(change) === key)
                                        .map(({from, to, reason}) => ({time, from, to, reason})));
}

// In half a line: the value, and what it is compared with.
export function whyText(alert, rule, thresholds) {
  const parts = [`value ${format.number(Number(alert.value))}`];
  for (const name of thresholdsIn(rule?.query ?? '')) {
    const value = effective(thresholds, name, alert.labels);
    if (value !== undefined) parts.push(`${name} ${thresholdText(name, value)}`);
  }
  return parts.join(' · ');
}

function sinceText(alert, rule, now) {
  const active = Date.parse(alert.activeAt);
  if (alert.state === 'firing') {
    const fired = Date.parse(alert.firedAt ?? alert.activeAt);
    return `since ${format.clock(fired, now)} · ${format.duration((now - fired) / 1000)}`;
  }
  const left = (rule?.duration ?? 0) - (now - active) / 1000;
  return left > 0 ? `fires in ${format.duration(left)}` : 'about to fire';
}

function makeItem() {
  const state = element('span', {});
  const name = element('span', {class: 'name'});
  const summary = element('span', {class: 'summary'});
  const when = element('span', {class: 'when'});
  const why = element('span', {class: 'why'});
  const description = element('p', {});
  const facts = element('dl', {});
  const details = element(
      'details', {},
      element('summary', {}, state, element('span', {class: 'what'}, name, summary), when, why),
      element('div', {class: 'more'}, description, facts));
  const node = element('li', {}, details);
  let shownFacts = '';

  // [title, text or element] pairs; replaced only when they differ, for the sake of selections.
  function showFacts(list) {
    const text = JSON.stringify(list.map(([title, , plain]) => [title, plain]));
    if (text === shownFacts) return;
    shownFacts = text;
    setChildren(
        facts,
        ...list.flatMap(
            ([title, content]) => [element('dt', {}, title), element('dd', {}, content)]));
  }

  return {
    node,
    update(alert, rule, thresholds, now) {
      const severity = alert.labels.severity ?? '';
      const kind = isWatchdog(alert) ? 'calm' : alert.state === 'pending' ? 'waiting' : 'bad';
      setClass(node, `alert ${kind}`);
      setChildren(state, pill(kind, alert.state));
      setText(name, alert.labels.alertname ?? '');
      setText(summary, alert.annotations.summary ?? '');
      setText(when, sinceText(alert, rule, now));
      setText(
          why,
          [whyText(alert, rule, thresholds), severity].filter((text) => text !== '').join(' · '));
      setText(description, alert.annotations.description ?? '');
      description.hidden = description.textContent === '';
      showFacts(factsOf(alert, rule, now));
    },
  };
}

function factsOf(alert, rule, now) {
  const facts = [];
  const add = (title, plain, content = plain) => {
    if (plain !== '') facts.push([title, content, plain]);
  };
  const query = (rule?.query ?? '').trim();
  add('Expression', query, element('pre', {}, element('code', {}, query)));
  if (rule !== undefined && rule.duration > 0) {
    add('Waits', `${format.duration(rule.duration)} before it fires`);
  }
  add('Active since', format.clock(Date.parse(alert.activeAt), now));
  add('Labels', format.labelText(alert.labels, ['alertname']));
  const runbook = alert.annotations.runbook_url ?? '';
  add('What to do', runbook, safeLink(runbook));
  const history = historyOf(alert, rule);
  add('What happened', JSON.stringify(history.map(({time, to}) => [time, to])).replace('[]', ''),
      element(
          'ul', {class: 'history'},
          ...history.map(
              (change) => element(
                  'li', {},
                  `${format.clock(Date.parse(change.time), now)} ${change.from} → ${change.to}` +
                      `${change.reason === '' ? '' : `: ${change.reason}`}`))));
  return facts;
}

export function makeAlerts() {
  const items = new Map();
  const list = element('ul', {class: 'alerts'});
  const calm = quiet();
  const more = quiet();
  const unfold = element('button', {
    type: 'button',
    class: 'unfold',
    onclick: () => {
      folded = !folded;
      arrange();
    }
  });
  let folded = true;
  let ordered = [];

  function arrange() {
    const folds = ordered.length > kFolded + 2;  // a button for two would be as long as they are
    setChildren(
        list,
        ...(folds && folded ? ordered.slice(0, kFolded) : ordered)
            .map((alert) => items.get(alertKey(alert)).node));
    unfold.hidden = !folds;
    unfold.setAttribute('aria-expanded', String(!folded));
    setText(unfold, folded ? `Show all ${ordered.length}` : `Show only ${kFolded}`);
  }

  // What can be said where there is nothing to list, or only what should be there.
  function calmText(rules, listed) {
    if (rules === 0) {
      return 'There are no alerting rules: rules.bundled is off and rules.files names none.';
    }
    const text = `Nothing is pending or firing, of ${format.plural(rules, 'alerting rule')}.`;
    return listed === 0 ? text : `${text} What follows fires on purpose.`;
  }

  return {
    update({alerts, counts, rules: known}, rules, thresholds, now) {
      ordered = inOrder(alerts);
      const keys = new Set(ordered.map(alertKey));
      for (const key of [...items.keys()])
        if (!keys.has(key)) items.delete(key);
      for (const alert of ordered) {
        const key = alertKey(alert);
        if (!items.has(key)) items.set(key, makeItem());
        items.get(key).update(alert, ruleOf(alert, rules), thresholds, now);
      }
      arrange();

      const {firing, pending} = countAlerts(counts);
      const total = counts.reduce((sum, count) => sum + count.alerts, 0);
      setText(calm, calmText(known, ordered.length));
      setText(more, `${format.plural(total - ordered.length, 'more alert')}: see api/v1/alerts.`);
      setChildren(
          find('alerts-body'),
          ...[firing + pending === 0 ? calm : null,
              ...(ordered.length > 0 ? [list, unfold] : []),
              total > ordered.length ? more : null,
      ].filter((node) => node !== null));
      setText(find('alerts-count'), firing + pending === 0 ? '' : [
        firing > 0 ? `${firing} firing` : '', pending > 0 ? `${pending} pending` : ''
      ].filter((text) => text !== '').join(', '));
    },
  };
}
