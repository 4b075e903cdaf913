// Every query of every dashboard, with its variables filled in, has an answer, and the daemon's own query
// API gives the same as a Prometheus that scrapes it. So have those of dashboards made for redis_exporter.
// Links to the daemon lead to pages that are there.
//
//   node queries_test.mjs --build DIRECTORY
//   node queries_test.mjs --web URL --prometheus URL   asks servers that are up already
//   --dashboards FOLDER   other dashboards than the project's
//
// The first form starts the demonstration. Nothing here is timed: what fails is asked again, about a
// later moment, and is a failure when it still does at the end.
import {dashboardFolder, readDashboards, readMayBeEmpty} from '../../dashboards/model/dashboard_files.mjs';
import {sleep, startDemo} from '../../dashboards/model/demo.mjs';
import {exemplars, options, query} from '../../dashboards/model/query_api.mjs';
import {allOf, builtIn, fillIn, oneOf, optionsOf, secondsOf} from '../../dashboards/model/variables.mjs';
import {differences, hasData, roomOf} from './comparison.mjs';
import {Excuses} from './excuses.mjs';
import {exporterDashboards} from './exporter_dashboards.mjs';
import {followLinks} from './followed_links.mjs';
import {labelOf, questionOf, questionsOf, usedIn, variablesOf} from './questions.mjs';

const seriesLimit = 10_000;
const scrapeInterval = 5;  // seconds: the data source's interval; ranges of rates are four of them
const longestRange = 20;   // seconds: the longest ranges that are compared
const longestOffset = 5;   // and offsets
const fullHistory = 25;    // seconds that both must have seen, so that ranges are full
const behind = 4;          // seconds between the moment asked about and now: all of it has been scraped
const around = 2;          // seconds before and after that moment in which answers are compared
// A demonstration has no past of half an hour to compare with.
const instead = {before: `${longestOffset}s`};
const patience = 150;      // seconds until what still fails is a failure
const together = 4;        // questions at a time

function argumentsOf(argv) {
  const given = {dashboards: dashboardFolder};
  for (let at = 0; at < argv.length; at += 2) given[argv[at].replace(/^--/, '')] = argv[at + 1];
  if (!given.build && !(given.web && given.prometheus)) {
    throw new Error('Usage: queries_test.mjs --build DIRECTORY | --web URL --prometheus URL');
  }
  return given;
}

// `text` with no range or offset that reaches back beyond what both servers have seen: one of them may
// have begun earlier, and a cold cache misses most in its first seconds.
function withinHistory(text) {
  const most = (written, seconds) => (secondsOf(written) > seconds ? `${seconds}s` : written);
  return text.replace(/\[(\w+)(:\w*)?\]/g, (whole, range, resolution) =>
    (resolution === undefined ? `[${most(range, longestRange)}]`
                              : `[${most(range, longestRange)}:${most(resolution.slice(1) || '1s', 1)}]`))
    .replace(/\boffset\s+(\w+)/g, (whole, offset) => `offset ${most(offset, longestOffset)}`);
}

// The moment to ask about, and the seconds around it.
function moment() {
  const at = Math.floor(Date.now() / 1000) - behind;
  const times = Array.from({length: 2 * around + 1}, (_, index) => at - around + index);
  return {at, times, from: at - 30, to: at + around, step: 1};
}

class Session {
  constructor(web, prometheus) {
    this.servers = {'the daemon': web, 'Prometheus': prometheus};
    this.options = new Map(); // of variables, by dashboard and name
  }

  // The same asked of both: [daemon's, Prometheus'] or, when one refuses, a complaint.
  async both(ask) {
    return Promise.all(Object.entries(this.servers).map(([name, base]) =>
      ask(base).catch((error) => {
        throw new Error(`${name} refuses it: ${error.message}`);
      })));
  }

  // What the variables of a dashboard stand for, those in `special` as given and the others for "All".
  choices(dashboard, special = {}) {
    const chosen = {};
    for (const variable of dashboard.templating?.list ?? []) {
      const known = this.options.get(`${dashboard.title}/${variable.name}`);
      if (special[variable.name] !== undefined) {
        chosen[variable.name] = oneOf(variable, special[variable.name]);
      } else if (variable.type === 'query') {
        chosen[variable.name] = variable.includeAll ? allOf(variable, known ?? [])
                                                    : oneOf(variable, known?.[0] ?? '');
      } else if (variable.type !== 'datasource') {
        const current = instead[variable.name] ?? variable.current?.value ?? variable.query;
        chosen[variable.name] = oneOf(variable, current);
      }
    }
    return chosen;
  }

  filled(question, dashboard, when, special) {
    const unknown = new Set();
    const own = builtIn({from: when.from, to: when.to, step: when.step, scrape: scrapeInterval});
    const text = fillIn(question.text, this.choices(dashboard, special), own, unknown);
    if (unknown.size) throw new Error(`nothing is called $${[...unknown].join(', $')}`);
    return text;
  }

  // Asks both; {complaints, text, data}.
  async ask(question, dashboard, special = {}) {
    const when = moment();
    const text = this.filled(question, dashboard, when, special);
    const asRange = (what) => this.both((base) => query(base, 'range', what, when));
    const [ours, theirs] = await asRange(text);
    const seen = withinHistory(text);
    const compared = seen === text ? [ours, theirs] : await asRange(seen);
    const complaints = [];
    let empty = [ours, theirs].map((answer) => !hasData(answer));
    if (question.kind === 'instant') {
      const now = await this.both((base) => query(base, 'instant', text, {to: when.at}));
      empty = now.map((answer) => !hasData(answer));
    }
    if (question.exemplar) await this.both((base) => exemplars(base, text, when));
    const most = Math.max(ours.length, theirs.length);
    if (most >= seriesLimit) complaints.push(`${most} series`);
    complaints.push(...differences(...compared, when.times, roomOf(text)));
    if (empty.every(Boolean)) complaints.push('no data');
    else if (empty[0]) complaints.push('no data from the daemon');
    else if (empty[1]) complaints.push('no data from Prometheus');
    return {complaints, text, data: !empty[0]};
  }

  // The options of a variable, remembered for the questions that it stands in.
  async askOptions(question, dashboard) {
    const when = {...moment(), to: Math.floor(Date.now() / 1000)};
    const text = this.filled(question, dashboard, when);
    const asked = questionOf(text);
    if (!asked) throw new Error(`'${text}' is none of label_values(), query_result() and metrics()`);
    const [ours, theirs] = (await this.both((base) => options(base, asked, when)))
      .map((values) => optionsOf(question.variable, values));
    this.options.set(`${dashboard.title}/${question.variable.name}`, ours);
    const complaints = [];
    if (!ours.length) complaints.push('no options');
    for (const value of ours) {
      if (!theirs.includes(value)) complaints.push(`only the daemon has the option '${value}'`);
    }
    for (const value of theirs) {
      if (!ours.includes(value)) complaints.push(`only Prometheus has the option '${value}'`);
    }
    return {complaints, text, data: ours.length > 0};
  }

  // With each of its variables set to a single value: one of them must have data, and be the same.
  async askWithValues(question, dashboard) {
    for (const variable of usedIn(question.text, variablesOf(dashboard))) {
      const values = this.options.get(`${dashboard.title}/${variable.name}`) ?? [];
      let found;
      for (const value of values.slice(0, 12)) {
        const result = await this.ask(question, dashboard, {[variable.name]: value});
        found = {...result, complaints: result.complaints.map((what) =>
          `with ${variable.name} '${value}': ${what}`)};
        if (result.data) break;
      }
      if (found === undefined) found = {complaints: [`$${variable.name} has no options`]};
      if (found.complaints.length) return found;
    }
    return {complaints: []};
  }
}

async function inTurns(items, work) {
  const left = [...items];
  await Promise.all(Array.from({length: together}, async () => {
    while (left.length) await work(left.shift());
  }));
}

// Both must have seen enough, of each server, whatever its role was.
async function waitForHistory(session, deadline) {
  for (;;) {
    const at = Math.floor(Date.now() / 1000) - behind;
    const counts = await Promise.all(Object.values(session.servers).map((base) =>
      query(base, 'instant', 'min(count_over_time(max by (instance) (redis_up)[1h:1s]))', {to: at}).catch(() => [])));
    const seen = counts.map((answer) => Number(answer[0]?.values[0][1] ?? 0));
    if (seen.every((count) => count >= fullHistory)) return;
    if (Date.now() > deadline) throw new Error(`the servers have seen only ${seen} polls`);
    await sleep(0.5);
  }
}

// Asks all, those that fail again and again until `deadline`: what still fails, as [question, result].
async function askAll(session, dashboards, excuses, deadline) {
  const byTitle = new Map(dashboards.map((dashboard) => [dashboard.title, dashboard]));
  const questions = dashboards.flatMap(questionsOf)
    .map((question) => ({...question, name: byTitle.get(question.dashboard).name}));
  const withData = new Set();
  let pending = questions.map((question) => [question, undefined]);
  for (;;) {
    const failed = [];
    const answer = async ([question]) => {
      const dashboard = byTitle.get(question.dashboard);
      let result;
      try {
        result = question.kind === 'options' ? await session.askOptions(question, dashboard)
                                             : await session.ask(question, dashboard);
        if (result.data) withData.add(question);
        if (question.mark || excuses(questions).excused(question)) {
          result.complaints = result.complaints.filter((what) => what !== 'no data');
        }
        if (!result.complaints.length && result.data && question.kind !== 'options') {
          result = await session.askWithValues(question, dashboard);
        }
      } catch (error) {
        result = {complaints: [error.message], text: question.text};
      }
      if (result.complaints.length) failed.push([question, result]);
    };
    // Variables first, in their order: one may stand in the next one's query.
    for (const one of pending.filter(([{kind}]) => kind === 'options')) await answer(one);
    await inTurns(pending.filter(([{kind}]) => kind !== 'options'), answer);
    pending = failed;
    if (!pending.length || Date.now() > deadline) return {questions, withData, failed: pending};
    await sleep(2);
  }
}

async function main() {
  const given = argumentsOf(process.argv.slice(2));
  const dashboards = readDashboards(given.dashboards)
    .map(({file, dashboard}) => ({...dashboard, name: file.replace(/\.json$/, '')}));
  const entries = readMayBeEmpty(given.dashboards);
  const deadline = Date.now() + patience * 1000;
  const demo = given.build
      ? await startDemo({build: given.build, seconds: 300, shiftAfter: 6, more: ['--fleet']})
      : {addresses: given, stop: async () => {}, output: () => ''};
  try {
    const session = new Session(demo.addresses.web, demo.addresses.prometheus);
    await waitForHistory(session, deadline);
    let excuses;
    const {questions, withData, failed} = await askAll(
        session, [...dashboards, ...exporterDashboards], (all) => (excuses ??= new Excuses(entries, all)), deadline);
    const complaints = failed.map(([question, {complaints: what, text}]) =>
      `${labelOf(question)}: ${text}\n    ${what.slice(0, 6).join('\n    ')}`);
    complaints.push(...excuses.wrong, ...excuses.needless(questions, withData));
    const links = await followLinks(dashboards, demo.addresses.web);
    complaints.push(...links.complaints);
    for (const complaint of complaints) console.error(complaint);
    console.log(`${dashboards.length} dashboards, ${questions.length} queries, ${links.followed} pages, ` +
                `${complaints.length} complaints`);
    if (complaints.length) process.exitCode = 1;
  } finally {
    await demo.stop();
  }
}

await main();
