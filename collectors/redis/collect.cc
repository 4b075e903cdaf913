#include "collectors/redis/collect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

// More than anyone configures; bounds the zeros that a server's word can make us export.
constexpr int kMaxEmptyDatabases = 4096;

void add_empty_databases(Collection& collection) {
  const ServerFacts& server = collection.server;
  if (!collection.options.empty_databases) return;
  const int databases =
      server.cluster_enabled ? 1 : std::clamp(server.databases, 0, kMaxEmptyDatabases);
  std::vector<bool> seen(static_cast<std::size_t>(databases));
  for (const int index : server.seen_databases) {
    if (index < databases) seen[static_cast<std::size_t>(index)] = true;
  }
  for (int index = 0; index < databases; ++index) {
    if (seen[static_cast<std::size_t>(index)]) continue;
    std::array<char, 16> text{};
    const auto end = fmt::format_to(text.data(), "db{}", index);
    const std::string_view db(text.data(), static_cast<std::size_t>(end - text.data()));
    collection.out.add(collection.families[Metric::kDbKeys], 0, {{"db", db}});
    collection.out.add(collection.families[Metric::kDbKeysExpiring], 0, {{"db", db}});
  }
}

}  // namespace

void CommandTable::start_refill() {
  ++refill_;
  if (entries_.size() > kKeep) entries_.clear();
}

void CommandTable::set(std::string_view command, CommandTotals totals) {
  auto found = entries_.find(command);
  if (found == entries_.end()) found = entries_.emplace(std::string(command), Entry{}).first;
  found->second = {totals, refill_};
}

const CommandTotals* CommandTable::find(std::string_view command) const {
  const auto found = entries_.find(command);
  return found != entries_.end() && found->second.refill == refill_ ? &found->second.totals
                                                                    : nullptr;
}

void ServerFacts::forget_answers() {
  const ServerFacts unknown;
  databases = unknown.databases;
  dump_dir.clear();
  dump_file.clear();
  standing.forget();
  slowlog_length.reset();
}

Request info_request(const CollectOptions& options) {
  // `all` leaves the sections of modules out, `everything` (Redis 6) has them.
  return {"info", {"INFO", options.modules ? "everything" : "all"}, read_info};
}

std::vector<Request> plan(const ServerFacts& server, const CollectOptions& options) {
  std::vector<Request> requests;
  if (server.mode == "sentinel") {
    plan_sentinel(server, options, requests);
    plan_clients(server, options, requests);
    return requests;
  }
  plan_config(server, options, requests);
  plan_latency(server, options, requests);
  plan_slowlog(server, options, requests);
  plan_acl_log(server, options, requests);
  plan_clients(server, options, requests);
  plan_cluster(server, options, requests);
  plan_search(server, options, requests);
  return requests;
}

void finish_collection(Collection& collection) {
  add_empty_databases(collection);
  finish_slowlog(collection);
  finish_acl_log(collection);
  finish_dump_file(collection);
  collection.server.standing.settle();
  if (collection.options.no_key_groups) {
    collection.out.add(collection.families[Metric::kLastKeyGroupsScrapeDuration], 0);
  }
}

}  // namespace hitwatch::redis
