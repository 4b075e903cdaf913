// The status page in a real browser, served by the real daemon.
//
// Whatever a test does, the page must not break its own Content-Security-Policy, write an error to
// the console, or ask anybody but the daemon.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {test} from 'node:test';

import * as servers from './servers.mjs';

const modules = createRequire(path.join(process.env.HITWATCH_NODE_MODULES, 'x'));
const {chromium} = modules('playwright-core');
const axe = fs.readFileSync(modules.resolve('axe-core/axe.min.js'), 'utf8');
const kChromium = '/usr/bin/chromium';

const kHostile = '<img src=x onerror=alert(1)>';
const kRule = `groups:
  - name: pages
    rules:
      - alert: TenantMisses
        expr: |
          sum by (tenant) (rate(cache_misses_total{tenant="acme"}[10s]))
            > on () group_left () max(hitwatch_threshold{threshold="evictions"})
        labels: {severity: critical, runbook: "<b>bold</b>"}
        annotations:
          summary: "{{ $labels.tenant }} misses <script>alert(1)</script>"
          runbook_url: "javascript:alert(1)"
      - {alert: NotYet, expr: vector(1), for: 1h, annotations: {runbook_url: "https://example.com/r"}}
      - {alert: Watchdog, expr: vector(1), labels: {severity: none}}
`;

let browser;
let daemon;
let redis;
let statsd;
let reporting;

// 40 tenants, of which acme misses most; and one with a name that is markup.
async function reportLookups() {
  const lines = [];
  const lookup = (kind, tenant, times) => {
    for (let i = 0; i < times; ++i) {
      lines.push(
          `cache.${kind}:1|c|#tenant:${tenant},type:catalog\n` +
          `cache.latency:${1 + i % 7}|ms|#tenant:${tenant},type:catalog,operation:get`);
    }
  };
  lookup('miss', 'acme', 60);
  lookup('hit', 'acme', 20);
  lookup('miss', kHostile, 15);
  lookup('hit', 'initech', 30);
  for (let i = 0; i < 37; ++i) lookup('hit', `tenant-${i}`, 1);
  await servers.report(statsd, lines);
}

async function setUp() {
  assert.ok(fs.existsSync(kChromium), 'chromium is missing: ./dev deps all installs it');
  let locked;
  let refusing;
  [redis, locked, statsd, refusing] = await Promise.all([
    servers.startRedis(
        '--enable-debug-command', 'local', '--slowlog-log-slower-than', '20000',
        '--repl-diskless-sync-delay', '0'),
    servers.startRedis('--requirepass', 'right'), servers.freePort(),
    servers.startRefusingReceiver()
  ]);
  const [nobody, away] = [await servers.freePort(), await servers.freePort()];
  const rules = servers.writeFile('rules.yaml', kRule);
  daemon = await servers.startDaemon('main', `
targets:
  - {url: "redis://127.0.0.1:${redis}", alias: cache-up}
  - {url: "redis://127.0.0.1:${nobody}", alias: cache-away}
  - {url: "redis://127.0.0.1:${locked}", alias: cache-locked, password: wrong}
poll: {interval: 500ms, timeout: 400ms}
keys: {patterns: [{match: "{type}:{tenant}:*"}], sample: {enabled: false}}
tap: {enabled: true}
apps: {statsd: {listen: ["udp://127.0.0.1:${statsd}"]}}
rules: {bundled: false, files: [${rules}], evaluation_interval: 1s}
notify:
  route:
    receiver: away
    group_by: [alertname]
    group_wait: 0s
    routes: [{receiver: archived, matchers: ['alertname="Watchdog"']}]
  receivers:
    - {name: away, webhook_configs: [{url: "http://127.0.0.1:${away}/"}]}
    - {name: archived, webhook_configs: [{url: "http://127.0.0.1:${refusing}/"}]}
`);
  [browser] = await Promise.all(
      [chromium.launch({executablePath: kChromium, args: ['--no-sandbox']}), reportLookups()]);
  reporting = setInterval(reportLookups, 1000);
  await servers.startRedis('--replicaof', '127.0.0.1', redis);  // nobody watches this one
  servers.redisCommand(redis, 'CLIENT', 'KILL', 'TYPE', 'normal');
  servers.redisCommand(redis, 'DEBUG', 'SLEEP', '0.05');
  servers.redisCommand(redis, 'GET', `catalog:${kHostile}:1`);
  servers.redisCommand(
      redis, 'EVAL',
      'local t = redis.call(\'TIME\') local s = t[1] * 1e6 + t[2] repeat t = redis.call(\'TIME\') until ' +
          't[1] * 1e6 + t[2] - s > 30000',
      '1', 'catalog:acme:1');
  await servers.eventually('the alert fires, and messages wait or are given up', async () => {
    const [alerts, messages, lookups] = await Promise.all([
      'api/v1/alerts?limit=9', 'api/v1/notifications',
      'api/v1/query?query=sum(rate(cache_misses_total[5m]))'
    ].map((what) => servers.get(daemon.url + what)));
    const states = messages.data.notifications.map(({state}) => state);
    return alerts.data.counts.some(({severity}) => severity === 'critical') &&
        states.includes('dead') && states.includes('pending') && lookups.data.result.length > 0;
  });
}

async function tearDown() {
  clearInterval(reporting);
  await browser?.close();
  await servers.endAll();
}

// What is tested, one after another.
const parts = [];
const part = (name, run) => parts.push({name, run});

// A page that is watched for what it must not do. `mayFail`: requests that are to fail leave errors
// in the console.
async function open(url, {mayFail = false, ...options} = {}) {
  const context = await browser.newContext({viewport: {width: 1400, height: 1000}, ...options});
  const page = await context.newPage();
  const faults = [];
  const requests = [];
  page.on('console', (message) => {
    const failed = /Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !(mayFail && failed)) faults.push(message.text());
    if (message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    requests.push(request.url());
    const {protocol, origin} = new URL(request.url());
    if (protocol !== 'data:' && origin !== new URL(url).origin) faults.push(request.url());
  });
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.addInitScript(() => {
    addEventListener(
        'securitypolicyviolation',
        (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(url);
  return {
    page,
    requests,
    async close() {
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}

const text = (page, selector) => page.locator(selector).innerText();
const shows = (page, selector, expected) => servers.eventually(
    `${selector} shows ${expected}`,
    async () => (await text(page, selector)).replace(/\s+/g, ' ').includes(expected));

async function loaded(page) {
  await page.locator('#tenants-body tbody tr').first().waitFor();
  await page.locator('#targets-body tbody tr').first().waitFor();
  await shows(page, '#alerts', 'TenantMisses');
}

async function accessible(page) {
  await page.evaluate(axe);
  const {violations} = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  }));
  assert.deepEqual(violations.map(({id, nodes}) => [id, nodes.map(({html}) => html)]), []);
}

part('it shows how everything is, and why', async () => {
  const {page, close} = await open(daemon.url);
  await loaded(page);
  await shows(page, '#headline', '1 alert is firing, 2 of 3 targets are down');
  await shows(page, '#asof', 'as of ');
  const targets = await text(page, '#targets-body');
  assert.match(targets, /cache-up\s+up\s+for .*\s+master · version/);
  assert.match(targets, /cache-away\s+down[^]*refused/);
  assert.match(targets, /cache-locked\s+down[^]*(WRONGPASS|password)/);
  assert.match(
      targets.split('\n').slice(3).join(' '), /cache-(away|locked).*cache-up/);  // the worst first

  const alert = page.locator('#alerts li').first();
  assert.match(await alert.innerText(), /firing\s+TenantMisses[^]*since \d\d:\d\d:\d\d/);
  assert.match(await alert.innerText(), /value [\d.]+ · evictions 10 · critical/);
  await alert.locator('summary').click();
  assert.match(await alert.innerText(), /sum by \(tenant\) \(rate\(cache_misses_total/);
  assert.match(await alert.innerText(), /inactive → firing|pending → firing/);
  assert.equal(await alert.locator('a').count(), 0);  // javascript: is no link
  assert.match(await text(page, '#alerts'), /pending\s+NotYet[^]*fires in 5\d min/);
  await page.locator('#alerts li', {hasText: 'NotYet'}).locator('summary').click();
  assert.equal(await page.locator('#alerts a').getAttribute('href'), 'https://example.com/r');

  const slow = await text(page, '#slow-body');
  assert.match(slow, /EVAL \? \? \?[^]*cache-up · catalog · acme · from 127/);
  assert.match(slow, /DEBUG SLEEP \?/);
  await shows(page, '#replication-body', 'not watched');
  assert.match(
      await text(page, '#replication-body'),
      /cache-up\s+master · resyncs: \d[^]*└\s*127\.0\.0\.1:\d+[^]*not watched/);
  await shows(page, '#events-body', 'The connection to cache-up broke and was made anew.');
  const messages = await text(page, '#notifications-body');
  assert.match(messages, /given up\s+archived \(webhook\)[^]*Watchdog[^]*400/);
  assert.match(messages, /waiting\s+away \(webhook\)[^]*refused[^]*next attempt/);
  await accessible(page);
  await close();
});

// Needs the right to capture packets.
part('what passes on the wire is shown by pattern, and nobody reads keys', async () => {
  const {page, close} = await open(daemon.url);
  await shows(page, '#tap-body', '{type}:{tenant}:*');
  const seen = await text(page, '#tap-body');
  assert.match(seen, /cache-up: \S+/);
  assert.match(seen, /catalog:xxxx/);
  assert.doesNotMatch(seen, /catalog:(acme|<img)/);
  assert.equal(await page.locator('#tap-body img').count(), 0);
  await close();
});

part('lookups have charts of types and tenants, who misses most first', async () => {
  const {page, close} = await open(daemon.url, {reducedMotion: 'reduce'});
  await loaded(page);
  assert.match(await text(page, '#tenants-count'), /the 15 that miss most, of 40 tenants/);
  const rows = page.locator('#tenants-body tbody tr');
  assert.equal(await rows.count(), 15);
  assert.match(await rows.first().innerText(), /acme[^]*below 80 %[^]*ms/);
  const chart = rows.first().locator('.chart').first();
  assert.match(
      await chart.getAttribute('aria-label'),
      /^Hit ratio of acme in the last \d+ minutes: 2\d(\.\d)? % now, lowest .*, threshold 80 %\.$/);
  const drawn = await chart.locator('canvas').evaluate((canvas) => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 3 && value > 0).length;
  });
  assert.ok(drawn > 20, `${drawn} pixels`);
  await chart.scrollIntoViewIfNeeded();
  const {x, y, width} = await chart.boundingBox();
  await page.mouse.move(x + width / 2, y + 10);
  await page.mouse.move(x + width - 2.5, y + 10);
  await servers.eventually(
      'the point under the pointer has its time',
      async () => /at \d\d:\d\d:\d\d/.test(await rows.first().innerText()));
  await close();
});

part('names are text, whatever they contain', async () => {
  const {page, close} = await open(daemon.url);
  await loaded(page);
  await page.locator('#tenants-filter').fill('<img');
  await shows(page, '#tenants-count', '1 tenant');
  await shows(page, '#tenants-body', kHostile);
  await shows(page, '#alerts', 'acme misses <script>alert(1)</script>');
  assert.equal(await page.locator('img, main script, b').count(), 0);
  await page.locator('#tenants-filter').fill('"} or .*(');
  await shows(page, '#tenants-body', 'No tenant with such a name');
  await page.locator('#tenants-filter').fill('TENANT-1');
  await shows(page, '#tenants-count', '11 tenants');
  await close();
});

part('the keyboard reaches everything', async () => {
  const {page, close} = await open(daemon.url);
  await loaded(page);
  const focused = () => page.evaluate(() => {
    const {outlineStyle} = getComputedStyle(document.activeElement);
    return {text: document.activeElement.textContent, id: document.activeElement.id, outlineStyle};
  });
  await page.keyboard.press('Tab');
  assert.match((await focused()).text, /Skip to the content/);
  await page.keyboard.press('Enter');
  assert.equal((await focused()).id, 'main');
  await page.keyboard.press('Tab');  // the first tile
  assert.equal((await focused()).outlineStyle, 'solid');
  for (let i = 0; i < 4; ++i) await page.keyboard.press('Tab');
  assert.match((await focused()).text, /TenantMisses/);
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('#alerts details').first().evaluate((details) => details.open));
  const head = page.locator('#tenants-body th', {hasText: 'Tenant'});
  await head.locator('button').focus();
  await page.keyboard.press('Enter');
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  assert.match(await page.locator('#tenants-body tbody tr').first().innerText(), /<img/);
  await page.keyboard.press('Space');
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  assert.match(await page.locator('#tenants-body tbody tr').first().innerText(), /tenant-\d/);
  await close();
});

part('it fits a phone, in the dark, and moves nothing for who wants that', async () => {
  const {page, close} = await open(daemon.url, {
    viewport: {width: 360, height: 740},
    colorScheme: 'dark',
    reducedMotion: 'reduce',
    hasTouch: true
  });
  await loaded(page);
  await page.locator('#alerts summary').first().click();
  const seen =
      await page.evaluate(() => ({
                            width: document.documentElement.scrollWidth,
                            background: getComputedStyle(document.body).backgroundColor,
                            motion: getComputedStyle(document.documentElement).scrollBehavior,
                          }));
  assert.deepEqual(seen, {width: 360, background: 'rgb(14, 18, 23)', motion: 'auto'});
  await accessible(page);
  await page.emulateMedia({colorScheme: 'light'});
  assert.equal(
      await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
      'rgb(246, 247, 249)');
  await close();
});

part('it works below a path of a reverse proxy', async () => {
  const {page, requests, close} = await open(await servers.startProxy(daemon.url));
  await loaded(page);
  for (const url of requests) assert.match(url, /^(data:|http:\/\/127[^/]*\/cache\/)/);
  await close();
});

part('its policy is in force', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(daemon.url);
  const said =
      page.waitForEvent('console', (message) => /Content Security Policy/.test(message.text()));
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = \'taken over\'';
    document.body.append(script);
  });
  await said;
  assert.notEqual(await page.title(), 'taken over');
  await context.close();
});

part('without JavaScript it says where the same is', async () => {
  const {page, close} = await open(daemon.url, {javaScriptEnabled: false});
  assert.match(await text(page, 'main'), /needs JavaScript/);
  assert.equal(await page.locator('footer a', {hasText: 'api/v1/targets'}).count(), 1);
  await close();
});

part('nothing is asked while nobody looks', async () => {
  const {page, requests, close} = await open(daemon.url);
  await loaded(page);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', {value: true, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const asked = requests.length;
  await page.clock.install();
  await page.clock.runFor(60_000);
  assert.equal(requests.length, asked);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', {value: false});
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await servers.eventually('it asks again', () => requests.length > asked);
  await close();
});

part('a refusal is told', async () => {
  const {page, close} = await open(daemon.url, {mayFail: true});
  await loaded(page);
  await page.route('**/api/**', (route) => route.fulfill({status: 401, body: ''}));
  await page.locator('#targets-filter')
      .evaluate((input) => input.dispatchEvent(new Event('input')));
  await shows(page, '#trouble', 'hitwatch wants a user and a password');
  assert.match(await text(page, '#targets-body'), /cache-up/);
  await close();
});

part('a new installation is told what to do', async () => {
  const empty = await servers.startDaemon(
      'empty', 'targets: []\nrules: {bundled: false}\napps: {statsd: {listen: []}}');
  const {page, close} = await open(empty.url);
  await shows(page, '#headline', 'Nothing is watched yet.');
  await shows(page, '#targets-body', 'Nothing is watched: name a server');
  await shows(page, '#alerts-body', 'There are no alerting rules');
  await shows(page, '#types-body', 'No lookup has been seen yet');
  await shows(page, '#slow-body', 'None was seen');
  await shows(page, '#tap-body', 'The wire tap is off.');
  await shows(page, '#notifications-body', 'Every message has arrived');
  assert.ok(await page.locator('#replication').isHidden());
  assert.ok(await page.locator('#events').isHidden());
  await accessible(page);
  await close();
});

part('without the query API it shows the last minutes', async () => {
  const port = await servers.freePort();
  const without = await servers.startDaemon('without', `targets: []
apps: {statsd: {listen: ["udp://127.0.0.1:${port}"]}}
web: {query_api: false}`);
  await servers.report(port, [`cache.miss:3|c|#tenant:${kHostile},type:catalog`]);
  const {page, close} = await open(without.url, {mayFail: true});
  await shows(page, '#types-body', 'Charts need the query API');
  await shows(page, '#tenants-body', `${kHostile} catalog 3`);
  await close();
});

// The last one: the daemon ends.
part('when the daemon is away, the last that was known stays', async () => {
  const {page, close} = await open(daemon.url, {mayFail: true});
  await loaded(page);
  await servers.end(daemon.child);
  const again = () =>
      page.locator('#targets-filter').evaluate((input) => input.dispatchEvent(new Event('input')));
  await again();
  await shows(page, '#trouble', 'hitwatch does not answer. It is asked again every 5 seconds.');
  await shows(page, '#asof', 'no answer since ');
  assert.match(await text(page, '#targets-body'), /cache-up/);
  assert.match(await text(page, '#tenants-body'), /acme/);
  await servers.startDaemon('after', 'targets: []\nrules: {bundled: false}', daemon.port);
  await again();
  await shows(page, '#announcer', 'hitwatch answers again.');
  assert.ok(await page.locator('#trouble').isHidden());
  await close();
});

test('the status page', async (context) => {
  try {
    await setUp();
    for (const {name, run} of parts) await context.test(name, run);
  } finally {
    await tearDown();
  }
});
