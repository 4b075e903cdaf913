// Looks up a few things twice: node example.mjs [REDIS_PORT [STATSD_PORT]]
//
// Of each tenant five are looked up two times over, so there are five misses and five hits; then
// the connection is closed, and one more lookup is an error, as is keeping what it loaded.
import StatsD from 'hot-shots';
import Redis from 'ioredis';

import { cacheAside } from './cache.mjs';

const [redisPort = '6379', statsdPort = '8125'] = process.argv.slice(2);
const redis = new Redis({
  host: '127.0.0.1',
  port: Number(redisPort),
  commandTimeout: 1000,
  maxRetriesPerRequest: 1,
});
redis.on('error', () => {}); // each failed lookup is counted, and loads its value instead
const statsd = new StatsD({
  host: '127.0.0.1',
  port: Number(statsdPort),
  maxBufferSize: 1400,
  errorHandler: () => {},
});
const cached = cacheAside(redis, statsd);

const load = async (id) => ({ id, price: id * 10 });
for (const tenant of ['acme', 'globex@eu']) {
  for (const id of [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]) {
    const offer = await cached({ type: 'catalog', tenant, id }, 600, () => load(id));
    if (offer.price !== id * 10) throw new Error(`wrong offer ${JSON.stringify(offer)}`);
  }
}
await redis.quit();
const offer = await cached({ type: 'catalog', tenant: 'acme', id: 6 }, 600, () => load(6));
console.log(`20 lookups, and one without Redis that cost 60: ${offer.price}`);
statsd.close();
