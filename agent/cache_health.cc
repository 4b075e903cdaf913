#include "agent/cache_health.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/json_response.h"

namespace hitwatch {
namespace {

using nlohmann::json;

constexpr double kOptimalHitRatio = 0.8;

// Hits, misses and keys of one target or several.
struct CacheTotals {
  bool connected = true;
  double hits = 0;
  double misses = 0;
  double keys = 0;

  void add(const redis::TargetState* state) {
    connected = connected && state != nullptr && state->up;
    if (state == nullptr || !state->up) return;
    hits += state->keyspace_hits;
    misses += state->keyspace_misses;
    keys += state->keys;
  }

  json to_json() const {
    const double requests = hits + misses;
    const double ratio = requests > 0 ? hits / requests : 0;
    // A cache that nobody has asked yet is not a bad one.
    const bool optimal = requests == 0 || ratio >= kOptimalHitRatio;
    return {{"connected", connected},
            {"hits", static_cast<std::uint64_t>(hits)},
            {"misses", static_cast<std::uint64_t>(misses)},
            {"keys", static_cast<std::uint64_t>(keys)},
            {"totalRequests", static_cast<std::uint64_t>(requests)},
            {"hitRate", fmt::format("{:.2f}%", ratio * 100)},
            {"efficiency", connected && optimal ? "optimal" : "degraded"}};
  }
};

}  // namespace

web::Response answer_cache_health(const WatchedTargets& targets) {
  CacheTotals totals;
  totals.connected = !targets.empty();
  json each = json::object();
  for (const auto& watched : targets) {
    const auto state = watched->latest().state;
    CacheTotals own;
    own.add(state.get());
    totals.add(state.get());
    each[watched->target.name()] = own.to_json();
    if (state != nullptr && !state->up) {
      each[watched->target.name()]["error"] = net::reason_word(state->error.reason);
    }
  }
  json body = totals.to_json();
  if (targets.size() > 1) {
    body["targets"] = std::move(each);
  } else if (targets.size() == 1 && each.front().contains("error")) {
    body["error"] = each.front()["error"];
  }
  return json_response(totals.connected ? 200 : 503, body);
}

}  // namespace hitwatch
