#include "collectors/redis/poll_plan.h"

#include <fmt/core.h>

#include <utility>

namespace hitwatch::redis {
namespace {

// What plan() reads of the facts: when it changes, the plan does.
std::string plan_key(const ServerFacts& server) {
  return fmt::format("{}/{}/{}/{}/{}/{}/{}", server.version_number, server.valkey_number,
                     server.mode, server.role, server.cluster_enabled,
                     server.standing.has_any_settings(), server.standing.has_no_latency_events());
}

}  // namespace

void PollPlan::make(const ServerFacts& server, const CollectOptions& options,
                    const std::map<std::string, std::string>& unavailable) {
  requests_.clear();
  requests_.push_back(info_request(options));
  bytes_ = encode(requests_);
  info_bytes_ = bytes_.size();
  for (Request& request : plan(server, options)) {
    if (unavailable.contains(request.collector)) continue;
    append_command(bytes_, request.args);
    requests_.push_back(std::move(request));
  }
  made_for_ = plan_key(server);
}

bool PollPlan::is_for(const ServerFacts& server) const { return made_for_ == plan_key(server); }

std::string encode(std::span<const Request> requests) {
  std::string bytes;
  for (const Request& request : requests) append_command(bytes, request.args);
  return bytes;
}

}  // namespace hitwatch::redis
