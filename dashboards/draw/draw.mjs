// Draws every panel of every dashboard with Grafana's own components in a headless Chromium:
//
//   node draw.mjs --modules NODE_MODULES --build DIRECTORY --to FOLDER
//   --web URL        draws what this server answers (a Prometheus, or the daemon), starts nothing
//   --seconds N      how long the demonstration runs before it is drawn (default: 150)
//   --theme light    instead of dark
//   --dashboards DIR other dashboards than the project's
//
// Writes dashboard-NAME.png to FOLDER, and dashboard-NAME-top.png with what one sees at first. It fails
// when a panel cannot be drawn, has nothing to show though may_be_empty.json does not name it, or the
// page complains.
import {createReadStream, mkdirSync} from 'node:fs';
import {createServer} from 'node:http';
import {createRequire} from 'node:module';
import path from 'node:path';

import {dashboardFolder, readDashboards, readMayBeEmpty} from '../model/dashboard_files.mjs';
import {sleep, startDemo} from '../model/demo.mjs';
import {query} from '../model/query_api.mjs';
import {bundle} from './bundle.mjs';

const width = 1600;
const topOfDashboard = 1000;
const marks = 30; // seconds between those of the axis, at best
const betweenMarks = 25;
// Grafana's font, which it has beside the package; Debian's fonts-inter.
const fonts = '/usr/share/fonts/opentype/inter';
const contentTypes = {'.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml'};

function argumentsOf(argv) {
  const given = {dashboards: dashboardFolder, seconds: '150', theme: 'dark'};
  for (let at = 0; at < argv.length; at += 2) given[argv[at].replace(/^--/, '')] = argv[at + 1];
  if (!given.modules || !given.to || !(given.build || given.web)) {
    throw new Error('Usage: draw.mjs --modules NODE_MODULES --to FOLDER --build DIRECTORY|--web URL …');
  }
  return given;
}

// Serves the files of a folder on a free port of this machine alone.
async function serve(folder) {
  const missing = [];
  const server = createServer((request, response) => {
    const name = path.normalize(new URL(request.url, 'http://localhost').pathname);
    const font = /^\/public\/fonts\/inter\/(\w+-\w+)\.woff2$/.exec(name);
    const file = font ? path.join(fonts, `${font[1]}.otf`)
                      : path.join(folder, name === '/' ? 'index.html' : name);
    const stream = createReadStream(file);
    stream.on('open', () => {
      response.writeHead(200, {'Content-Type': contentTypes[path.extname(file)] ?? 'application/octet-stream'});
      stream.pipe(response);
    });
    stream.on('error', () => {
      missing.push(name);
      response.writeHead(404).end();
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {url: `http://127.0.0.1:${server.address().port}/`, missing, close: () => server.close()};
}

// The end of the time drawn: the last second is still being scraped. Of a longer time one that ends
// between two marks of the axis, where no label is cut off.
function endOf(seconds) {
  const latest = Math.floor(Date.now() / 1000) - 2;
  return seconds < 60 ? latest : latest - (latest - betweenMarks) % marks;
}

// Waits until the demonstration has `seconds` of history. A failover makes two series of a server.
async function waitForHistory(server, seconds) {
  const asked = `min(sum by (instance) (count_over_time(redis_up[1h]))) >= ${seconds}`;
  while ((await query(server, 'instant', asked, {to: Date.now() / 1000}).catch(() => [])).length === 0) {
    await sleep(1);
  }
}

// Whether all queries of that panel may be without an answer.
const isAbout = (entry, dashboard, panel) =>
  entry.dashboard === dashboard && entry.panel === panel && entry.query === undefined;

// One dashboard on a page of its own: what is wrong with it.
async function draw(browser, address, {file, dashboard}, setup, to) {
  const name = file.replace(/\.json$/, '');
  const complaints = [];
  const page = await browser.newPage({viewport: {width, height: 6000}, deviceScaleFactor: 1});
  page.on('pageerror', (error) => complaints.push(`the page fails: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`the page complains: ${message.text()}`);
  });
  await page.goto(address);
  const panels = await page.evaluate((what) => window.drawDashboard(what), {...setup, dashboard, width});
  for (const {title, empty, error} of panels) {
    if (error) complaints.push(`${title}: ${error}`);
    else if (empty && !setup.mayBeEmpty.some((entry) => isAbout(entry, name, title))) {
      complaints.push(`${title}: no data`);
    }
  }
  const picture = path.join(to, `dashboard-${name}.png`);
  const drawn = page.locator('#dashboard');
  const options = {animations: 'disabled', timeout: 10_000};
  try {
    await drawn.screenshot({path: picture, ...options});
    const {x, y, height} = await drawn.boundingBox();
    await page.screenshot({
      path: path.join(to, `dashboard-${name}-top.png`), ...options,
      clip: {x, y, width, height: Math.min(height, topOfDashboard)},
    });
  } catch (error) {
    complaints.push(`no picture: ${error.message}`);
  }
  await page.close();
  console.log(`${picture}: ${panels.length} panels, ${panels.filter(({empty}) => empty).length} empty`);
  return complaints.map((complaint) => `${name}: ${complaint}`);
}

async function drawAll(given, server) {
  const require = createRequire(path.join(given.modules, 'package.json'));
  const folder = path.join(path.dirname(given.modules), 'page');
  await bundle({modules: given.modules, to: folder});
  const site = await serve(folder);
  const browser = await require('playwright-core').chromium.launch({
    executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--font-render-hinting=none'],
  });
  mkdirSync(given.to, {recursive: true});
  const seconds = Number(given.seconds);
  const to = endOf(seconds);
  const setup = {server, to, from: to - seconds, theme: given.theme, scrape: 5, least: 1,
                 // What top movers are compared with must not lie before the demonstration.
                 instead: {before: seconds < 120 ? '10s' : '1m'},
                 mayBeEmpty: readMayBeEmpty(given.dashboards)};
  const complaints = [];
  try {
    for (const one of readDashboards(given.dashboards)) {
      complaints.push(...await draw(browser, site.url, one, setup, given.to));
    }
  } finally {
    await browser.close();
    site.close();
  }
  complaints.push(...new Set(site.missing.map((name) => `the page wants ${name}`)));
  return complaints;
}

const given = argumentsOf(process.argv.slice(2));
const seconds = Number(given.seconds);
const demo = given.web
    ? {addresses: {prometheus: given.web}, stop: async () => {}}
    : await startDemo({build: given.build, seconds: seconds + 300, shiftAfter: Math.round(seconds * 0.7),
                       more: ['--fleet']});
try {
  await waitForHistory(demo.addresses.prometheus, seconds < 60 ? seconds : seconds + marks);
  const complaints = await drawAll(given, demo.addresses.prometheus);
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length) process.exitCode = 1;
} finally {
  await demo.stop();
}
