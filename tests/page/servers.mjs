// What the browser test needs around the page: redis-servers, the daemon, a receiver of webhooks
// that refuses, a reverse proxy, and applications that report lookups.
import {execFileSync, spawn} from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

const running = [];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hitwatch-page-'));

async function listening(server) {
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  running.push(() => {
    server.closeAllConnections?.();
    server.close();
  });
  return server.address().port;
}

export async function freePort() {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const {port} = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

export async function eventually(what, condition) {
  const end = Date.now() + 30_000;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > end) throw new Error(`within 30 s: ${what}`);
    await sleep(50);
  }
}

export function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  return ended;
}

function start(program, parameters) {
  const child = spawn(program, parameters, {stdio: ['ignore', 'pipe', 'pipe']});
  child.said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      child.said += text;
    });
  child.on('error', (error) => {
    child.said += String(error);
  });
  running.push(() => end(child));
  return child;
}

export async function startRedis(...parameters) {
  const port = await freePort();
  start(
      'redis-server',
      ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...parameters]);
  await eventually('a redis-server listens', () => new Promise((done) => {
                                               const socket = net.connect(port, '127.0.0.1', () => {
                                                 socket.destroy();
                                                 done(true);
                                               });
                                               socket.on('error', () => done(false));
                                             }));
  return port;
}

export const redisCommand = (port, ...parameters) =>
    execFileSync('redis-cli', ['-p', port, ...parameters], {encoding: 'utf8'});

// Its path.
export function writeFile(name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

// The daemon with a configuration of this text; `port` 0 picks one.
export async function startDaemon(name, configuration, port = 0) {
  const state = path.join(folder, `${name}-state`);
  fs.mkdirSync(state, {recursive: true});
  const file = writeFile(`${name}.yaml`, `${configuration}\nstorage: {path: ${state}}\n`);
  const child = start(
      process.env.HITWATCH, ['run', '--config', file, '--web.listen-address', `127.0.0.1:${port}`]);
  let found;
  await eventually('hitwatch listens', () => {
    if (child.exitCode !== null) throw new Error(child.said);
    found = /hitwatch is running.* port=(\d+)/.exec(child.said);
    return found !== null;
  });
  return {child, port: Number(found[1]), url: `http://127.0.0.1:${found[1]}/`};
}

export async function get(url) {
  const response = await fetch(url);
  return response.json();
}

// Refuses whatever it gets, for good.
export async function startRefusingReceiver() {
  return listening(http.createServer((request, response) => {
    request.resume();
    response.writeHead(400).end('this channel is archived');
  }));
}

// The daemon below /cache/, as a reverse proxy may have it.
export async function startProxy(to) {
  const port = await listening(http.createServer((request, response) => {
    if (!request.url.startsWith('/cache/')) {
      response.writeHead(404).end();
      return;
    }
    const onward = http.request(
        new URL(request.url.slice('/cache/'.length), to),
        {method: request.method, headers: request.headers}, (answer) => {
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
        });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }));
  return `http://127.0.0.1:${port}/cache/`;
}

// Reports lookups, lines of StatsD.
export async function report(port, lines) {
  const socket = dgram.createSocket('udp4');
  for (const line of lines) {
    await new Promise((done) => socket.send(line, port, '127.0.0.1', done));
  }
  socket.close();
}

export async function endAll() {
  await Promise.all(running.reverse().map((one) => one()));
  fs.rmSync(folder, {recursive: true, force: true});
}
