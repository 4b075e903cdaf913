#include "tests/keyspace/checks_driver.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/net/url.h"

namespace hitwatch::keyspace {

ChecksDriver::ChecksDriver(const std::string& url) {
  target.url = net::parse_redis_url(url).value();
}

Checks& ChecksDriver::checks() {
  if (checks_ == nullptr) {
    checks_ = Checks::make(loop.get_executor(), resolver_, tls_contexts_, families_, target,
                           options, {}, ledger);
  }
  return *checks_;
}

void ChecksDriver::run() {
  bool done = false;
  checks().start([&](CheckResult got) {
    result = std::move(got);
    done = true;
  });
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  loop.restart();
  while (!done && std::chrono::steady_clock::now() < limit) {
    loop.run_one_for(std::chrono::milliseconds(100));
  }
  if (!done) throw std::runtime_error("the round did not end");
}

std::optional<double> ChecksDriver::value(const std::string& name,
                                          const std::string& labels) const {
  if (result.snapshot == nullptr) return std::nullopt;
  for (const metrics::Sample& sample : result.snapshot->samples) {
    if (sample.series->family->name == "redis_" + name && sample.series->text == labels) {
      return sample.value;
    }
  }
  return std::nullopt;
}

std::vector<std::string> ChecksDriver::series(const std::string& name) const {
  std::vector<std::string> found;
  if (result.snapshot == nullptr) return found;
  for (const metrics::Sample& sample : result.snapshot->samples) {
    if (sample.series->family->name != "redis_" + name) continue;
    found.push_back(fmt::format("{} {}", sample.series->text, sample.value));
  }
  std::ranges::sort(found);
  return found;
}

bool ChecksDriver::has_note(const std::string& part) const {
  return std::ranges::any_of(result.notes,
                             [&](const std::string& note) { return note.contains(part); });
}

std::uint64_t ChecksDriver::lookups() const {
  std::uint64_t sum = 0;
  for (const auto& entry : ledger.entries()) sum += entry.lookups;
  return sum;
}

double info_number(const test::RedisServer& server, const std::string& field) {
  const std::string info = server.command({"INFO", "all"});
  const std::size_t at = info.find("\n" + field + ":");
  return at == std::string::npos ? -1 : std::strtod(info.c_str() + at + field.size() + 2, nullptr);
}

std::uint64_t lookups_of(const test::RedisServer& server) {
  return static_cast<std::uint64_t>(info_number(server, "keyspace_hits") +
                                    info_number(server, "keyspace_misses"));
}

std::uint64_t errors_of(const test::RedisServer& server) {
  return static_cast<std::uint64_t>(info_number(server, "total_error_replies"));
}

}  // namespace hitwatch::keyspace
