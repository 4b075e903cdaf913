#include "tests/bench/redis_exporter.h"

#include <exception>
#include <stdexcept>

#include "tests/bench/measure.h"

namespace hitwatch::bench {

RedisExporter::RedisExporter(const std::string& address)
    : port_(test::free_port()),
      process_({"prometheus-redis-exporter", "--redis.addr=" + address,
                "--web.listen-address=127.0.0.1:" + std::to_string(port_)}) {
  const bool up = test::eventually([this] {
    try {
      KeptConnection(port_).get("/health");
      return true;
    } catch (const std::exception&) {
      return !process_.running();
    }
  });
  if (!up || !process_.running()) throw std::runtime_error(process_.output());
}

}  // namespace hitwatch::bench
