"""A cache in front of anything slow, in Redis, that reports every lookup to hitwatch over StatsD.

Needs redis-py (Debian: python3-redis) and nothing else.

To set: where Redis is, and where hitwatch listens (apps.statsd.listen, udp://127.0.0.1:8125):

    cache = Cache(redis.Redis(port=6379, socket_timeout=1), StatsD("127.0.0.1", 8125))
    offer = cache.cached("catalog", "acme", 42, 600, lambda: load(42))

Tenant and type are tags of their own. A whole key could be sent as the tag `key`, for hitwatch's
key patterns to take apart, but tags cannot hold `|`, `,`, `#` or a newline: these are written as
`_`, and so is `@`, as clients for other languages do it: a tenant is one series whoever reports it.

    python3 cache.py [REDIS_PORT [STATSD_PORT]]

looks up a few things twice: of each tenant five, so there are five misses and five hits; then one
more lookup fails because Redis cannot be reached, and so does keeping what it loaded.
"""

import json
import socket
import sys
import time

import redis

_NOT_IN_TAGS = str.maketrans("|@,#\r\n", "______")


class StatsD:
    """Sends lines to a StatsD server in UDP datagrams, and never raises or waits."""

    def __init__(self, host, port):
        self._address = (host, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send(self, measurements, **tags):
        text = ",".join(f"{name}:{str(tags[name]).translate(_NOT_IN_TAGS)}" for name in tags)
        lines = "\n".join(f"{measurement}|#{text}" for measurement in measurements)
        try:
            self._socket.sendto(lines.encode(errors="replace"), self._address)
        except OSError:
            pass  # metrics that cannot be sent are nobody's problem


class Cache:
    def __init__(self, connection, statsd):
        self._redis = connection
        self._statsd = statsd

    def cached(self, kind, tenant, identifier, ttl, load):
        """The value from the cache, else what load() gives, which is kept for ttl seconds.

        Only load() can make it fail.
        """
        key = f"{kind}:{tenant}:{identifier}"
        tags = {"tenant": tenant, "type": kind}
        start = time.perf_counter()
        try:
            found = self._redis.get(key)
            milliseconds = (time.perf_counter() - start) * 1000  # of the lookup, not of load()
            value = None if found is None else json.loads(found)
            result = "miss" if found is None else "hit"
            measurements = [f"cache.{result}:1|c", f"cache.latency:{milliseconds:.3f}|ms"]
            self._statsd.send(measurements, **tags, operation="get")
            if found is not None:
                return value
        except (redis.RedisError, ValueError):
            self._statsd.send(["cache.error:1|c"], **tags, operation="get")
        value = load()
        try:
            self._redis.set(key, json.dumps(value), ex=ttl)
        except redis.RedisError:
            self._statsd.send(["cache.error:1|c"], **tags, operation="set")
        return value


def main():
    redis_port, statsd_port = (sys.argv[1:] + ["6379", "8125"][len(sys.argv) - 1 :])[:2]
    statsd = StatsD("127.0.0.1", int(statsd_port))
    cache = Cache(redis.Redis(port=int(redis_port), socket_timeout=1), statsd)
    for tenant in ("acme", "globex@eu"):
        for number in (1, 2, 3, 4, 5, 1, 2, 3, 4, 5):
            offer = cache.cached("catalog", tenant, number, 600, lambda: {"price": number * 10})
            assert offer == {"price": number * 10}, offer
    unreachable = Cache(redis.Redis(unix_socket_path="/nonexistent/redis.sock"), statsd)
    offer = unreachable.cached("catalog", "acme", 6, 600, lambda: {"price": 60})
    print(f"20 lookups, and one without Redis that cost 60: {offer['price']}")


if __name__ == "__main__":
    main()
