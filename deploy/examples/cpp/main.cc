// Looks up a few things twice: example_cache [REDIS_PORT [STATSD_PORT]]
//
// Of each tenant five are looked up two times over, so there are five misses and five hits; then
// one more lookup fails because Redis cannot be reached.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cache.h"

int main(int argc, char** argv) {
  const int redis_port = argc > 1 ? std::atoi(argv[1]) : 6379;
  const int statsd_port = argc > 2 ? std::atoi(argv[2]) : 8125;
  const example::StatsdSender statsd("127.0.0.1", statsd_port);
  example::Cache cache("127.0.0.1", redis_port, statsd);
  for (const char* tenant : {"acme", "globex@eu"}) {
    for (const int id : {1, 2, 3, 4, 5, 1, 2, 3, 4, 5}) {
      const std::string price = cache.cached({"catalog", tenant, std::to_string(id)}, 600,
                                             [&] { return std::to_string(id * 10); });
      if (price != std::to_string(id * 10)) return 1;
    }
  }
  constexpr int kNobodyListens = 1;
  example::Cache unreachable("127.0.0.1", kNobodyListens, statsd);
  const std::string price = unreachable.cached({"catalog", "acme", "6"}, 600, [] { return "60"; });
  std::printf("20 lookups, and one without Redis that cost 60: %s\n", price.c_str());
  return 0;
}
