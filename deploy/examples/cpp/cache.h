// A cache in front of anything slow, in Redis, that reports every lookup to hitwatch over StatsD.
// Needs hiredis (Debian: libhiredis-dev), copied into a project as it is.
//
// To set: where Redis is, and where hitwatch listens (apps.statsd.listen, udp://127.0.0.1:8125):
//
//   example::StatsdSender statsd("127.0.0.1", 8125);
//   example::Cache cache("127.0.0.1", 6379, statsd);
//   std::string offer = cache.cached({"catalog", "acme", "42"}, 600, [] { return load(42); });
//
// Tenant and type are tags of their own. A whole key could be sent as the tag `key`, for hitwatch's
// key patterns to take apart, but tags cannot hold `|`, `,`, `#` or a newline: these are written as
// `_`, and so is `@`, as clients for other languages do it: a tenant is one series whoever reports
// it. One thread at a time may use an object.
#pragma once

#include <hiredis/hiredis.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace example {

// Sends lines to a StatsD server in UDP datagrams. Never fails or waits: metrics that cannot be
// sent are nobody's problem.
class StatsdSender {
 public:
  StatsdSender(const char* host, int port);  // an IPv4 address
  ~StatsdSender();
  StatsdSender(const StatsdSender&) = delete;
  StatsdSender& operator=(const StatsdSender&) = delete;

  void send(std::string_view lines) const;

 private:
  int socket_;
};

// `type:tenant:id` in Redis.
struct CacheKey {
  std::string type;
  std::string tenant;
  std::string id;
};

class Cache {
 public:
  Cache(std::string host, int port, const StatsdSender& statsd);

  // The value from the cache, else what `load` gives, which is kept for `ttl_seconds`. Only `load`
  // can make it fail.
  template <typename Load>
  std::string cached(const CacheKey& key, int ttl_seconds, Load load) {
    if (auto found = find(key)) return *std::move(found);
    std::string value = load();
    store(key, ttl_seconds, value);
    return value;
  }

 private:
  struct Free {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
    void operator()(redisContext* context) const { redisFree(context); }
  };
  using Reply = std::unique_ptr<redisReply, Free>;

  std::optional<std::string> find(const CacheKey& key);
  void store(const CacheKey& key, int ttl_seconds, const std::string& value);
  Reply command(std::initializer_list<std::string_view> words);
  void report(const CacheKey& key, std::string_view measurement, std::string_view operation) const;

  std::string host_;
  int port_;
  const StatsdSender& statsd_;
  std::unique_ptr<redisContext, Free> connection_;
};

}  // namespace example
