// The Redis of deploy/compose, started by the command that stands there, lets the daemon of deploy/compose
// in with the rights that it needs. Redis is this machine's.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {eventually, start_daemon} from './daemon.mjs';
import {YAML, root} from './modules.mjs';
import {free_port} from './programs.mjs';

const read = file => readFileSync(path.join(root, file), 'utf8');

test('the Redis of compose.yaml lets hitwatch.yaml in, and nobody without the password', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hitwatch-compose.'));
  const local = text => text.replaceAll('/run/secrets', folder).replaceAll('/etc/redis', folder);
  const port = await free_port();
  writeFileSync(path.join(folder, 'redis_password'), 'a5f00c\n');
  writeFileSync(path.join(folder, 'lookups_token'), 'b4c\n');
  writeFileSync(path.join(folder, 'users.acl'), read('deploy/examples/users.acl'));
  writeFileSync(path.join(folder, 'redis.conf'),
                `${read('deploy/compose/redis.conf').replace('dir /data', `dir ${folder}`)}\nport ${port}\nbind 127.0.0.1\n`);

  const {redis} = YAML.parse(read('deploy/compose/compose.yaml'), {merge: true}).services;
  const command = redis.command.map(word => local(word.replaceAll('$$', '$')));
  // The shell tells each command with its arguments.
  const server = spawn(command[0], ['-x', ...command.slice(1)], {stdio: ['ignore', 'pipe', 'pipe']});
  let said = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', text => { said += text; });
  const ended = new Promise(resolve => server.on('exit', resolve));
  let daemon;
  try {
    await eventually(() => said.includes('Ready to accept connections') || server.exitCode !== null);
    assert.equal(server.exitCode, null, said);
    // It is the server itself, not a shell around it, so that it gets the signals.
    assert.match(readFileSync(`/proc/${server.pid}/cmdline`, 'utf8'), /^redis-server/);
    // Setting a variable starts no program; besides that the password is in no command.
    const told = said.split('\n').filter(line => line.startsWith('+'));
    assert.ok(told.some(line => line.startsWith('+ exec redis-server')), said);
    assert.deepEqual(told.filter(line => line.includes('a5f00c')), ['+ password=a5f00c']);
    assert.ok(!readFileSync(`/proc/${server.pid}/cmdline`, 'utf8').includes('a5f00c'));

    const check = local(redis.healthcheck.test[1].replaceAll('$$', '$').replace('redis-cli', `redis-cli -p ${port}`));
    const status = text => new Promise(resolve => spawn('sh', ['-c', text], {stdio: 'ignore'}).on('exit', resolve));
    assert.equal(await status(check), 0);
    assert.notEqual(await status(check.replace(/REDISCLI_AUTH=\S+ \S+/, '')), 0, 'it lets everybody in');

    daemon = await start_daemon(local(read('deploy/compose/hitwatch.yaml'))
      .replace('redis://redis:6379', `redis://127.0.0.1:${port}`)
      .replaceAll('://:8125', '://127.0.0.1:0')
      .replace('http://alertmanager:9093', 'http://127.0.0.1:1')
      .replace('http://collector:4318', 'http://127.0.0.1:1') + 'storage: {path: FOLDER}\n');
    const metrics = await eventually(async () => {
      const text = await (await fetch(`${daemon.url}/metrics`)).text();
      return /^redis_up\{instance="cache"\} 1$/m.test(text) && text;
    });
    // It is refused nothing that it asks for.
    assert.doesNotMatch(metrics, /^redis_collector_unavailable\{[^}]*\} 1/m);
    assert.match(metrics, /^redis_memory_max_bytes\{instance="cache"\} 2\.?68/m);
    await eventually(async () => (await (await fetch(`${daemon.url}/api/v1/keyspace`)).text()).includes('"cache"'));
    assert.doesNotMatch(daemon.log(), /NOPERM|noperm/);
  } finally {
    await daemon?.stop();
    server.kill();
    await ended;
    rmSync(folder, {recursive: true});
  }
});
