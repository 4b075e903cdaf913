// Talks with a Redis server as applications do and counts the values it found and missed itself.
// Prints that as JSON: {"hits": …, "misses": …}.
//
//   node tap_clients.mjs MODULES ioredis|node-redis PORT 2|3 SEED
import { createRequire } from 'node:module';
import path from 'node:path';

const [, , modules, library, port, protocol, seed] = process.argv;
const load = createRequire(path.join(modules, 'of-tests.js'));

let state = Number(seed) >>> 0 || 1;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const key = (kind) => `${kind}:tenant${random(5)}:${random(8)}`;
const value = () => 'v'.repeat(random(10) === 0 ? 2000 + random(18_000) : random(300));

const counts = { hits: 0, misses: 0 };
const count = (...values) => {
  for (const found of values) {
    if (found === null || found === undefined) counts.misses += 1;
    else counts.hits += 1;
  }
};
const whole = (object) => (Object.keys(object).length === 0 ? null : object);

// Each of the two libraries, as far as the steps below need it: `send` takes the words of a command.
async function connect() {
  if (library === 'ioredis') {
    const Redis = load('ioredis');
    const client = new Redis({ port: Number(port), host: '127.0.0.1' });
    return {
      send: (...words) => client.call(...words.map(String)),
      transaction: async (commands) => {
        const multi = client.multi();
        for (const words of commands) multi.call(...words.map(String));
        const results = await multi.exec();
        return results.map(([, result]) => result);
      },
      subscriber: async (channel, take) => {
        const other = client.duplicate();
        other.on('message', (_, text) => take(text));
        await other.subscribe(channel);
        return async () => {
          await other.unsubscribe(channel);
          // The connection goes on as any other.
          for (let i = 0; i < 5; ++i) count(await other.get(key('page')));
          await other.quit();
        };
      },
      duplicate: async () => {
        const other = client.duplicate();
        return { send: (...words) => other.call(...words.map(String)), close: () => other.quit() };
      },
      close: () => client.quit(),
    };
  }
  const { createClient } = load('redis');
  const open = async () => {
    const client = createClient({
      socket: { port: Number(port), host: '127.0.0.1' },
      RESP: Number(protocol),
    });
    client.on('error', (error) => {
      throw error;
    });
    await client.connect();
    return client;
  };
  const client = await open();
  return {
    send: (...words) => client.sendCommand(words.map(String)),
    transaction: (commands) => {
      const multi = client.multi();
      for (const words of commands) multi.addCommand(words.map(String));
      return multi.exec();
    },
    subscriber: async (channel, take) => {
      const other = await open();
      await other.subscribe(channel, take);
      return async () => {
        await other.unsubscribe(channel);
        for (let i = 0; i < 5; ++i) count(await other.get(key('page')));
        await other.close();
      };
    },
    duplicate: async () => {
      const other = await open();
      return {
        send: (...words) => other.sendCommand(words.map(String)),
        close: () => other.close(),
      };
    },
    close: () => client.close(),
  };
}

// Fields of a hash arrive as an object or as a list.
const entries = (reply) => (Array.isArray(reply) ? Object.fromEntries(reply.map((e) => [e, e])) : reply);

const steps = [
  async ({ send }) => void (await send('SET', key('page'), value())),
  async ({ send }) => void (await send('SET', key('page'), value(), 'EX', 100)),
  async ({ send }) => count(await send('GET', key('page'))),
  async ({ send }) => count(await send('GET', key('page'))),
  async ({ send }) => count(await send('GETEX', key('page'), 'EX', 50)),
  async ({ send }) => count(await send('GETDEL', key('page'))),
  async ({ send }) => count(...(await send('MGET', key('page'), key('cart'), key('page')))),
  async ({ send }) => void (await send('HSET', key('user'), `f${random(6)}`, value(), 'name', 'n')),
  async ({ send }) => count(await send('HGET', key('user'), `f${random(6)}`)),
  async ({ send }) => count(...(await send('HMGET', key('user'), 'name', `f${random(6)}`, 'none'))),
  async ({ send }) => count(whole(entries(await send('HGETALL', key('user'))))),
  async ({ send }) => void (await send('DEL', key('page'), key('user'))),
  async ({ send }) => void (await send('EXISTS', key('page'), key('user'))),
  async ({ send }) => void (await send('TTL', key('page'))),
  async ({ send }) => void (await send('INCR', key('counter'))),
  async ({ send }) => void (await send('LPUSH', key('list'), value())),
  async ({ send }) => void (await send('LRANGE', key('list'), 0, -1)),
  async ({ send }) => void (await send('ZADD', key('board'), random(100), 'm')),
  async ({ send }) => void (await send('ZRANGE', key('board'), 0, -1, 'WITHSCORES')),
  async ({ send }) => void (await send('PING')),
  async ({ send }) => {
    const found = await send('HGET', key('list'), 'f').catch(() => 'WRONGTYPE');
    if (found === null) count(found);
  },
  // A pipeline: answers come while further requests leave.
  async ({ send }) => {
    const gets = [];
    for (let i = 0; i < 50; ++i) {
      gets.push(send('GET', key('page')));
      if (random(4) === 0) void send('SET', key('page'), value());
    }
    count(...(await Promise.all(gets)));
  },
  async ({ transaction }) => {
    const [, a, b, many] = await transaction([
      ['SET', key('page'), value()],
      ['GET', key('page')],
      ['HGET', key('user'), 'name'],
      ['MGET', key('page'), key('page')],
    ]);
    count(a, b, ...many);
  },
  async ({ send }) => {
    await send('EVAL', "return redis.call('SET', KEYS[1], ARGV[1])", 1, key('page'), 'script');
  },
];

const client = await connect();
let heard = 0;
const leave = await client.subscriber('news', () => {
  heard += 1;
});
const blocked = await client.duplicate();

for (let round = 0; round < 400; ++round) {
  await steps[random(steps.length)](client);
  if (round % 50 === 0) {
    await client.send('PUBLISH', 'news', value());
    const waiting = blocked.send('BLPOP', 'queue', 5);
    await client.send('RPUSH', 'queue', value());
    await waiting;
    await blocked.send('BLPOP', 'nothing', 0.01);
  }
}
while (heard < 8) await new Promise((resolve) => setTimeout(resolve, 5));
await leave();
await blocked.close();
await client.close();
console.log(JSON.stringify(counts));
