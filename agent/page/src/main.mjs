// The status page: asks the daemon every few seconds and shows what it says.
//
// Two rounds go on by themselves: what is the case (targets, replication, events, alerts, messages,
// slow commands, the wire), and the lookups with their history, which cost the daemon more and so
// come less often.
import {kMostAlerts, makeAlerts} from './alerts.mjs';
import {changes, spoken} from './announcer.mjs';
import {get} from './api.mjs';
import {makeCaches} from './caches.mjs';
import {find, setText} from './dom.mjs';
import {kMostEvents, makeEvents} from './events.mjs';
import * as format from './format.mjs';
import {chooseSource, loadOverall, loadRecent, loadRows, loadServers} from './lookups.mjs';
import {kMostMessages, makeNotifications} from './notifications.mjs';
import {makeOverview} from './overview.mjs';
import * as promql from './promql.mjs';
import {makeRefresher} from './refresh.mjs';
import {kMostTrees, makeReplication} from './replication.mjs';
import {kMostSlow, makeSlow} from './slow.mjs';
import {kMostSeen, makeTap} from './tap.mjs';
import {kMostTargets, makeTargets} from './targets.mjs';
import {readThresholds, thresholdsIn} from './thresholds.mjs';

const kStatePause = 5_000;
const kLookupsPause = 10_000;

let clockAhead = 0;  // of the daemon's clock before this one, in ms
const now = () => Date.now() + clockAhead;

const sections = {
  overview: makeOverview(),
  alerts: makeAlerts(),
  caches: makeCaches(),
  targets: makeTargets(now),
  replication: makeReplication(),
  events: makeEvents(now),
  slow: makeSlow(now),
  tap: makeTap(now),
  notifications: makeNotifications(now),
};

let latest = {};  // what the last rounds have brought
let rules = [];
let thresholds = [];
let answeredAt = null;
let away = false;
let queryApi = true;
let firstSample;  // of the history, in seconds

const filterOf = (id) => find(id).value.trim();

// The same clock as the daemon's, whatever the one here says.
function setClock({targets}) {
  const polled = targets.find(({lastPoll}) => lastPoll !== null);
  if (polled === undefined) return;
  clockAhead = Date.parse(polled.lastPoll) + polled.lastPollAgeSeconds * 1000 - Date.now();
}

function announce(text) {
  if (text !== '') setText(find('announcer'), text);
}

function showTrouble(text) {
  const trouble = find('trouble');
  trouble.hidden = text === '';
  setText(trouble, text);
}

// `failures` of a round in which `answers` requests were answered.
function showConnection(answers, failures) {
  const denied = failures.find(({kind}) => kind === 'denied');
  if (answers > 0) {
    answeredAt = Date.now();
    const back = away;
    away = false;
    document.body.classList.remove('stale');
    setText(find('asof'), `as of ${format.clock(answeredAt, answeredAt)}`);
    if (back) announce('hitwatch answers again.');
  }
  if (denied !== undefined) {
    showTrouble(
        'hitwatch wants a user and a password, or does not let this user in. Load the page ' +
        'again to give them.');
  } else if (answers === 0) {
    const since =
        answeredAt === null ? '' : ` What is shown is of ${format.clock(answeredAt, Date.now())}.`;
    showTrouble(
        `${failures[0].message}. It is asked again every ${kStatePause / 1000} seconds.${since}`);
    away = true;
    document.body.classList.add('stale');
    setText(
        find('asof'),
        answeredAt === null ? 'no answer yet' :
                              `no answer since ${format.clock(answeredAt, Date.now())}`);
  } else {
    showTrouble(failures.length === 0 ? '' : `${failures[0].message}.`);
  }
}

// By name, what was answered; and the failures of the rest.
async function ask(requests, signal) {
  const names = Object.keys(requests);
  const settled = await Promise.allSettled(names.map((name) => get(...requests[name], signal)));
  signal.throwIfAborted();
  const found = {};
  const failures = [];
  settled.forEach((one, i) => {
    if (one.status === 'fulfilled')
      found[names[i]] = one.value;
    else
      failures.push(one.reason);
  });
  return {found, failures};
}

// Of the rules whose alerts are shown: their expressions and what became of them.
async function loadRules(alerts, signal) {
  const names = [...new Set(alerts.map(({labels}) => labels.alertname))];
  if (names.length === 0) return [];
  const parameters = [
    ['type', 'alert'], ['exclude_alerts', 'true'], ...names.map((name) => ['rule_name[]', name])
  ];
  const {groups} = await get('api/v1/rules', parameters, signal);
  return groups.flatMap((group) => group.rules);
}

async function loadThresholds(alerts, signal) {
  const names = [...new Set(rules.flatMap(({query}) => thresholdsIn(query)))];
  if (!queryApi || names.length === 0) return [];
  const query = promql.thresholds(names, alerts.map(({labels}) => labels));
  return readThresholds((await get('api/v1/query', {query}, signal)).result);
}

async function stateRound(signal) {
  const filter = filterOf('targets-filter').replace(/\*/g, '?');
  const {found, failures} = await ask(
      {
        targets: [
          'api/v1/targets', {limit: kMostTargets, ...(filter === '' ? {} : {name: `*${filter}*`})}
        ],
        alerts: ['api/v1/alerts', {limit: kMostAlerts}],
        pending: ['api/v1/notifications', {state: 'pending', limit: kMostMessages}],
        dead: ['api/v1/notifications', {state: 'dead', limit: kMostMessages}],
        slow: ['api/v1/slow_commands', {limit: kMostSlow}],
        replication: ['api/v1/replication', {limit: kMostTrees}],
        events: ['api/v1/events', {limit: kMostEvents}],
        tap: ['api/v1/tap', {limit: kMostSeen}],
      },
      signal);
  if (found.targets !== undefined) setClock(found.targets);
  if (found.alerts !== undefined) {
    try {
      rules = await loadRules(found.alerts.alerts, signal);
      thresholds = await loadThresholds(found.alerts.alerts, signal);
    } catch (failure) {
      if (signal.aborted) throw failure;
      if (failure.kind !== 'missing') failures.push(failure);
    }
  }
  const before = latest;
  latest = {...latest, ...found};
  showState(found, filter);
  announce(spoken(changes(before, latest)));
  showConnection(Object.keys(found).length, failures);
}

function showState(found, filter) {
  sections.overview.state(latest);
  if (found.targets !== undefined) sections.targets.update(found.targets, filter);
  if (found.alerts !== undefined) sections.alerts.update(found.alerts, rules, thresholds, now());
  if (found.slow !== undefined) sections.slow.update(found.slow);
  if (found.replication !== undefined) sections.replication.update(found.replication);
  if (found.events !== undefined) sections.events.update(found.events);
  if (found.tap !== undefined) sections.tap.update(found.tap);
  if (found.pending !== undefined && found.dead !== undefined) {
    sections.notifications.update(found.pending, found.dead);
  }
}

function showRatio(overall) {
  if (overall.values.some((value) => value !== null))
    sections.overview.ratio(overall);
  else
    sections.overview.noRatio('no lookups yet');
}

// Whether lookups can be shown with their history.
async function historyRound(filter, signal) {
  const chosen = await chooseSource(signal);
  if (chosen.count === 0) {
    showRatio(await loadServers(now() / 1000, undefined, signal));
    sections.caches.nothing();
    return true;
  }
  if (chosen.from === null) {
    sections.overview.noRatio('too many series');
    return false;
  }
  const overall = await loadOverall(chosen, now() / 1000, firstSample, signal);
  firstSample = overall.first;
  const {byTap} = chosen;
  showRatio({...overall, byTap});
  const about = {...chosen, range: overall.range};
  const types = await loadRows({...about, label: 'type', filter: ''}, signal);
  sections.caches.types({...types, byTap});
  const tenants = await loadRows({...about, label: 'tenant', filter}, signal);
  sections.caches.tenants({...tenants, byTap}, filter);
  return true;
}

// The same where there may be no query API.
async function historyIfAny(filter, signal) {
  if (!queryApi) return false;
  try {
    return await historyRound(filter, signal);
  } catch (failure) {
    if (failure.kind !== 'missing') throw failure;
    queryApi = false;
    sections.overview.noRatio('needs the query API');
    return false;
  }
}

async function lookupsRound(signal) {
  const filter = filterOf('tenants-filter');
  try {
    if (await historyIfAny(filter, signal)) return;
    sections.caches.recent(await loadRecent(filter, signal), filter, queryApi);
  } catch (failure) {
    if (signal.aborted) return;
    // That there is no answer at all is told once, above everything.
    sections.caches.failed(failure.kind === 'away' ? '' : failure.message);
  }
}

async function quietly(round, signal) {
  try {
    await round(signal);
  } catch (failure) {
    if (!signal.aborted) throw failure;
  }
}

function listen() {
  const state = makeRefresher({work: (signal) => quietly(stateRound, signal), pause: kStatePause});
  const lookups =
      makeRefresher({work: (signal) => quietly(lookupsRound, signal), pause: kLookupsPause});
  const refreshers = [state, lookups];
  const look = () => refreshers.forEach((one) => (document.hidden ? one.hide() : one.show()));
  document.addEventListener('visibilitychange', look);
  const filters = [['targets-filter', state], ['tenants-filter', lookups]];
  for (const [id, refresher] of filters) {
    let timer;
    find(id).addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(refresher.now, 300);
    });
  }
  look();
}

listen();
