#include "collectors/redis/server_changes.h"

#include <utility>

namespace hitwatch::redis {
namespace {

using ChangeKind = ServerChange::Kind;

std::vector<ServerChange> changes_between(const PolledServer& last, const PolledServer& now) {
  std::vector<ServerChange> changes;
  const auto differs = [&](const std::string& before, const std::string& after, ChangeKind kind) {
    if (!before.empty() && !after.empty() && before != after) {
      changes.push_back({kind, before, after});
    }
  };
  if (last.up && !now.up) changes.push_back({ChangeKind::kDown, "", now.reason});
  if (!now.up) return changes;
  if (!last.up) changes.push_back({ChangeKind::kUp, "", ""});
  if (last.up && now.reconnected) changes.push_back({ChangeKind::kReconnected, "", ""});
  differs(last.run_id, now.run_id, ChangeKind::kRestarted);
  differs(last.role, now.role, ChangeKind::kRoleChanged);
  differs(last.master, now.master, ChangeKind::kMasterChanged);
  return changes;
}

}  // namespace

std::vector<ServerChange> ServerChanges::next(const PolledServer& server) {
  std::vector<ServerChange> changes;
  if (last_) {
    changes = changes_between(*last_, server);
  } else {
    last_.emplace();
  }
  last_->up = server.up;
  for (const auto text : {&PolledServer::run_id, &PolledServer::role, &PolledServer::master}) {
    if (!(server.*text).empty()) (*last_).*text = server.*text;
  }
  return changes;
}

}  // namespace hitwatch::redis
