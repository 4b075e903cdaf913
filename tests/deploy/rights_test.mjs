// The users of docs/security.md may do what the daemon does to follow a cluster and sentinels: nothing is
// refused to it, as the servers' own logs of refusals say.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {eventually, start_daemon} from './daemon.mjs';
import {root} from './modules.mjs';
import {Programs, free_port} from './programs.mjs';

const text = readFileSync(path.join(root, 'docs/security.md'), 'utf8');
const blocks = kind => [...text.matchAll(new RegExp('^```' + kind + '\\n([^]*?)^```', 'gm'))]
  .flatMap(([, lines]) => lines.split('\n').filter(line => line.startsWith('ACL SETUSER')));
const of_servers = blocks('redis');
const of_sentinels = blocks('redis sentinel');
const of_cluster = /`- cluster:`\) need `([^`]*)`/.exec(text)[1].split(/\s+/);

const cli = (port, ...words) => execFileSync('redis-cli', ['-p', String(port), ...words], {encoding: 'utf8'}).trim();
// Lines as they stand in the document.
function give_rights(port, lines) {
  for (const line of lines) assert.equal(cli(port, ...line.split(' ')), 'OK', line);
}
const refused = port => cli(port, 'ACL', 'LOG');
const answers = port => {
  try {
    return cli(port, 'PING') === 'PONG';
  } catch {
    return false;
  }
};

async function start_redis(programs, name, settings, words = []) {
  const port = await free_port();
  mkdirSync(path.join(programs.work, name));
  const file = path.join(programs.work, `${name}.conf`);
  writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${programs.work}/${name}\n${settings}\n`);
  programs.start(name, 'redis-server', [file, ...words]);
  await eventually(() => answers(port));
  return port;
}

const metrics_of = async daemon => (await fetch(`${daemon.url}/metrics`)).text();

async function watch(targets, seen, port_by_name) {
  const daemon = await start_daemon(`targets:\n  - ${targets}\npoll: {interval: 1s}\n` +
    'keys: {patterns: [{match: "catalog:{tenant}:*"}], sample: {interval: 1s}}\napps: {statsd: {listen: []}}\nstorage: {path: FOLDER}\n');
  try {
    await eventually(async () => {
      const metrics = await metrics_of(daemon);
      return seen.every(what => what.test(metrics));
    });
    assert.doesNotMatch(await metrics_of(daemon), /^redis_collector_unavailable\{[^}]*\} 1/m);
    assert.doesNotMatch(daemon.log(), /NOPERM|noperm/);
    for (const [name, port] of Object.entries(port_by_name)) assert.equal(refused(port), '', name);
  } catch (error) {
    console.error(daemon.log());
    throw error;
  } finally {
    await daemon.stop();
  }
}

async function with_programs(body) {
  const programs = new Programs();
  try {
    await body(programs);
  } catch (error) {
    console.error(programs.last_words());
    throw error;
  } finally {
    await programs.end();
  }
}

test('a cluster is followed by the user of docs/security.md', () => with_programs(async programs => {
  const bus = await free_port();
  const node = async (name, port) => start_redis(programs, name, `cluster-enabled yes\ncluster-port ${port}\nrepl-diskless-sync-delay 0\nsave ""`);
  const master = await node('master', bus);
  const replica = await node('replica', await free_port());
  assert.equal(cli(master, 'CLUSTER', 'ADDSLOTSRANGE', '0', '16383'), 'OK');
  await eventually(() => cli(master, 'CLUSTER', 'INFO').includes('cluster_state:ok'));
  for (let number = 0; number < 100; ++number) assert.equal(cli(master, 'SET', `catalog:acme:${number}`, 'x'), 'OK');
  assert.equal(cli(replica, 'CLUSTER', 'MEET', '127.0.0.1', String(master), String(bus)), 'OK');
  await eventually(() => !cli(replica, 'CLUSTER', 'NODES').includes('handshake') &&
                         cli(replica, 'CLUSTER', 'INFO').includes('cluster_known_nodes:2'));
  assert.equal(cli(replica, 'CLUSTER', 'REPLICATE', cli(master, 'CLUSTER', 'MYID')), 'OK');
  await eventually(() => cli(replica, 'INFO', 'replication').includes('master_link_status:up'));
  for (const port of [master, replica]) {
    give_rights(port, of_servers);
    give_rights(port, [`ACL SETUSER hitwatch ${of_cluster.join(' ')}`]);
  }
  await watch(`cluster: {name: shop, urls: ["redis://127.0.0.1:${master}"], username: hitwatch, password: PASSWORD}`,
              [/^redis_up\{.*cluster="shop".*role="replica"\} 1$/m, /^redis_cluster_slots_covered\{.*\} 16384/m,
               /^cache_keys\{.*type="catalog"/m], {master, replica});
  // The keys were looked at on the replica, which lets nobody read them without having been told.
  assert.match(cli(replica, 'INFO', 'commandstats'), /^cmdstat_readonly:.*rejected_calls=0/m);
}));

test('sentinels are followed by the users of docs/security.md', () => with_programs(async programs => {
  const master = await start_redis(programs, 'master', 'save ""');
  const sentinel = await start_redis(programs, 'sentinel', `sentinel monitor orders 127.0.0.1 ${master} 1`, ['--sentinel']);
  give_rights(master, of_servers);
  give_rights(sentinel, of_sentinels);
  await watch(`sentinel: {urls: ["redis://127.0.0.1:${sentinel}"], username: hitwatch, password: PASSWORD, ` +
                'server_username: hitwatch, server_password: PASSWORD}',
              [/^redis_up\{.*master_name="orders".*\} 1$/m, /^redis_sentinel_subscribed\{.*\} 1/m,
               /^redis_sentinel_master_status\{.*\} 1/m], {master, sentinel});
}));
