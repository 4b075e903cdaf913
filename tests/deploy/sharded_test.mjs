// The set-up of deploy/sharded with this machine's Redis, Prometheus and Alertmanagers: each server is
// scraped once, through the daemon that watches it, and what all daemons send is told once.
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {eventually} from './daemon.mjs';
import {YAML, root} from './modules.mjs';
import {Programs, free_port} from './programs.mjs';

const folder = path.join(root, 'deploy/sharded');
const read = file => readFileSync(path.join(folder, file), 'utf8');
const compose = YAML.parse(read('compose.yaml'), {merge: true});
const daemons = Object.keys(compose.services).filter(name => name.startsWith('hitwatch-'));
const alertmanagers = Object.keys(compose.services).filter(name => name.startsWith('alertmanager-'));
const count_of_servers = 12;

const answers = url => fetch(url).then(answer => answer.ok, () => false);
const json_of = async url => (await (await fetch(url)).json()).data;

test('each server is scraped once, and what all daemons send is told once', async () => {
  const programs = new Programs();
  const {work} = programs;
  try {
    const ports = {};
    for (const name of ['redis', 'prometheus', ...daemons, ...alertmanagers]) ports[name] = await free_port();
    const gossip = Object.fromEntries(await Promise.all(alertmanagers.map(async name => [name, await free_port()])));
    const sink = programs.start('sink', process.env.HITWATCH, ['sink', '--listen', '127.0.0.1:0']);
    ports.sink = await eventually(() => /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(sink.said)?.[1]);
    // Names of services become ports of this machine, and what is slow on purpose becomes quick.
    const here = text => text
      .replace(/\b(hitwatch-\d|alertmanager-\d|sink):\d+/g, (_, name) => `127.0.0.1:${ports[name]}`)
      .replace('scrape_interval: 15s', 'scrape_interval: 1s')
      .replaceAll('refresh_interval: 15s', 'refresh_interval: 1s')
      .replace('group_wait: 10s', 'group_wait: 1s');
    const write = (name, text) => writeFileSync(path.join(work, name), text);
    for (const file of ['prometheus.yml', 'rules.yaml', 'alertmanager.yml']) write(file, here(read(file)));
    for (const name of daemons) {
      mkdirSync(path.join(work, name));
      write(`${name}.yaml`, `${here(read('hitwatch.yaml'))}
poll: {interval: 1s}
rules: {files: [everybody.yaml], evaluation_interval: 1s}
apps: {statsd: {listen: []}}
storage: {path: ${work}/${name}}
`);
    }
    // The same servers for all of them: databases of one, each with a name of its own.
    mkdirSync(path.join(work, 'targets'));
    const names = Array.from({length: count_of_servers}, (_, number) => `redis-${number}`);
    write('targets/redis.yaml', JSON.stringify(names.map((name, number) => (
      {targets: [`redis://127.0.0.1:${ports.redis}/${number}`], labels: {instance: name, env: 'prod'}}))));
    // One that every daemon sees fire, with the same labels.
    write('everybody.yaml', `groups:
  - name: everybody
    rules: [{alert: EverybodySaysSo, expr: vector(1)}]
`);

    programs.start('redis', 'redis-server', ['--port', String(ports.redis), '--bind', '127.0.0.1', '--save', '']);
    for (const name of alertmanagers) {
      const others = compose.services[name].command.filter(word => word.startsWith('--cluster.peer='))
        .map(word => word.replace(/=(.*):9094/, (_, peer) => `=127.0.0.1:${gossip[peer]}`));
      assert.equal(others.length, alertmanagers.length - 1, name);
      programs.start(name, 'prometheus-alertmanager', [
        '--config.file=alertmanager.yml', `--storage.path=${work}/${name}`, ...others,
        `--web.listen-address=127.0.0.1:${ports[name]}`, `--cluster.listen-address=127.0.0.1:${gossip[name]}`,
        '--cluster.gossip-interval=20ms', '--cluster.peer-timeout=2s']);
    }
    for (const name of alertmanagers) {
      await eventually(async () => {
        const answer = await fetch(`http://127.0.0.1:${ports[name]}/api/v2/status`).catch(() => undefined);
        const {cluster} = answer?.ok ? await answer.json() : {};
        return cluster?.status === 'ready' && cluster.peers.length === alertmanagers.length;
      });
    }
    for (const name of daemons) {
      const {command} = compose.services[name];
      programs.start(name, process.env.HITWATCH, [
        ...command.map(word => word.replace('/etc/hitwatch/hitwatch.yaml', `${name}.yaml`)),
        '--web.listen-address', `127.0.0.1:${ports[name]}`]);
    }
    programs.start('prometheus', 'prometheus', [
      '--config.file=prometheus.yml', `--storage.tsdb.path=${work}/prometheus`,
      `--web.listen-address=127.0.0.1:${ports.prometheus}`]);
    for (const name of [...daemons, 'prometheus']) {
      await eventually(() => answers(`http://127.0.0.1:${ports[name]}/-/ready`));
    }

    // Of Prometheus: every server, each by one daemon, of which none has all.
    const base = `http://127.0.0.1:${ports.prometheus}`;
    const query = async text => (await json_of(`${base}/api/v1/query?query=${encodeURIComponent(text)}`)).result;
    const targets = await eventually(async () => {
      const {activeTargets} = await json_of(`${base}/api/v1/targets?state=active`);
      const each = activeTargets.filter(({scrapePool, health}) => scrapePool === 'redis' && health === 'up');
      return each.length === count_of_servers && each;
    });
    const asked = targets.map(({scrapeUrl}) => new URL(scrapeUrl));
    assert.deepEqual(asked.map(url => url.searchParams.get('target')).sort(), [...names].sort());
    assert.equal(new Set(asked.map(url => url.host)).size, daemons.length);
    const up = await eventually(async () => {
      const found = await query('redis_up');
      return found.length === count_of_servers && found;
    });
    assert.deepEqual(up.map(({metric}) => metric.instance).sort(), [...names].sort());
    for (const {metric} of up) {
      assert.deepEqual(metric, {__name__: 'redis_up', instance: metric.instance, job: 'redis', env: 'prod'});
    }
    const parts = await eventually(async () => {
      const found = await query('hitwatch_shard_info');
      return found.length === daemons.length && found;
    });
    assert.deepEqual(parts.map(({metric}) => metric.shard).sort(),
                     daemons.map((_, number) => `${number + 1}/${daemons.length}`));
    await eventually(async () => Number((await query('sum(hitwatch_targets)'))[0]?.value[1]) === count_of_servers);

    // All daemons have told both Alertmanagers, and one of these has told the sink; the other one has had
    // its turn once its log says that somebody did.
    const told = () => sink.said.split('\n').filter(line => /^ +firing +EverybodySaysSo/.test(line)).length;
    await eventually(() => told() > 0);
    for (const name of daemons) {
      await eventually(async () => (await (await fetch(`http://127.0.0.1:${ports[name]}/metrics?only=own`)).text())
        .split('\n').some(line => /^hitwatch_alerts\{.*firing.*\} [1-9]/.test(line)));
    }
    for (const name of alertmanagers) {
      const text = async () => (await fetch(`http://127.0.0.1:${ports[name]}/metrics`)).text();
      const number = (page, metric) => Number(new RegExp(`^${metric} (\\S+)$`, 'm').exec(page)?.[1] ?? 0);
      await eventually(async () => number(await text(), 'alertmanager_nflog_queries_total') > 0);
    }
    assert.equal(told(), 1, sink.said);
    // Only the Watchdog is each daemon's own.
    for (const name of alertmanagers) {
      const filter = encodeURIComponent('alertname="Watchdog"');
      const watchdogs = async () => (await (await fetch(
        `http://127.0.0.1:${ports[name]}/api/v2/alerts?filter=${filter}`)).json()).map(({labels}) => labels.part).sort();
      await eventually(async () => (await watchdogs()).length >= daemons.length);
      assert.deepEqual(await watchdogs(), daemons.map((_, number) => `${number + 1}/${daemons.length}`), name);
    }
  } catch (error) {
    console.error(programs.last_words());
    throw error;
  } finally {
    await programs.end();
  }
});

test('services are confined, seen by this machine only, and find each other and their files', () => {
  const names = Object.keys(compose.services);
  for (const [name, service] of Object.entries(compose.services)) {
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.equal(service.read_only, true, name);
    assert.ok(service.security_opt.includes('no-new-privileges:true'), name);
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name);
    for (const volume of service.volumes ?? []) {
      const [source] = volume.split(':');
      if (source.startsWith('.')) assert.ok(existsSync(path.join(folder, source)), `${name}: ${source}`);
      else assert.ok(source in compose.volumes, `${name}: ${source}`);
    }
    for (const word of service.command ?? []) {
      for (const [, host] of word.matchAll(/=([a-z][\w-]*):\d+/g)) assert.ok(names.includes(host), word);
    }
  }
  for (const file of ['hitwatch.yaml', 'prometheus.yml', 'alertmanager.yml', 'targets/redis.yaml']) {
    const hosts = [...read(file).matchAll(/[/"]([a-z][\w-]*):\d+/g)].map(([, host]) => host);
    assert.ok(hosts.length, file);
    for (const host of hosts) assert.ok(names.includes(host), `${file}: ${host}`);
  }
  // Each daemon has another part of the same whole, and the rules know of all.
  const parts = daemons.map(name => compose.services[name].command.at(-1));
  assert.deepEqual(parts, daemons.map((_, number) => `${number + 1}/${daemons.length}`));
  for (const part of parts) assert.ok(read('rules.yaml').includes(`absent(hitwatch_shard_info{shard="${part}"})`), part);
});
