// A cache in front of anything slow, in Redis, that reports every lookup to hitwatch over StatsD.
//
//   npm install ioredis hot-shots
//
// To set: where Redis is, and where hitwatch listens (apps.statsd.listen, udp://127.0.0.1:8125):
//
//   import Redis from 'ioredis';
//   import StatsD from 'hot-shots';
//   import { cacheAside } from './cache.mjs';
//
//   const redis = new Redis('redis://127.0.0.1:6379', {
//     commandTimeout: 1000, // a lookup must never wait long: its result can be loaded
//     maxRetriesPerRequest: 1,
//   });
//   const statsd = new StatsD({
//     host: '127.0.0.1',
//     port: 8125,
//     maxBufferSize: 1400, // many lines in a datagram, sent at least every second
//     errorHandler: () => {}, // metrics that cannot be sent are nobody's problem
//   });
//   const cached = cacheAside(redis, statsd);
//   const offer = await cached({ type: 'catalog', tenant: 'acme', id: 42 }, 600, () => load(42));
//
// Tenant and type are tags of their own. A whole key could be sent as the tag `key`, for hitwatch's
// key patterns to take apart, but tags cannot hold `|`, `@`, `,`, `#` or a newline: the client
// writes `_` for these.
import { performance } from 'node:perf_hooks';

export function cacheAside(redis, statsd) {
  // What goes wrong with metrics must not reach the application.
  const report = (send) => {
    try {
      send();
    } catch {
      // The lookup itself is fine.
    }
  };

  // The value of {type, tenant, id}: from the cache, else what `load()` gives, which is kept for
  // `ttl` seconds. Only `load` can make it fail.
  return async function cached({ type, tenant, id }, ttl, load) {
    const key = `${type}:${tenant}:${id}`;
    const tags = { tenant, type, operation: 'get' };
    const start = performance.now();
    try {
      const found = await redis.get(key);
      const milliseconds = performance.now() - start; // of the lookup, not of load()
      const value = JSON.parse(found); // null stays null
      report(() => {
        statsd.timing('cache.latency', Number(milliseconds.toFixed(3)), tags);
        statsd.increment(found === null ? 'cache.miss' : 'cache.hit', tags);
      });
      if (found !== null) return value;
    } catch {
      report(() => statsd.increment('cache.error', tags));
    }
    const value = await load();
    redis.set(key, JSON.stringify(value), 'EX', ttl).catch(() => {
      report(() => statsd.increment('cache.error', { ...tags, operation: 'set' }));
    });
    return value;
  };
}
