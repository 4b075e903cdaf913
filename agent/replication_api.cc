#include "agent/replication_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/json_response.h"
#include "agent/rules/api_parameters.h"

namespace hitwatch {
namespace {

using nlohmann::ordered_json;
using Trees = std::vector<const ReplicationTree*>;

template <typename Number>
ordered_json if_known(Number number) {
  return number < 0 ? ordered_json(nullptr) : ordered_json(number);
}

std::string_view role_of(const ReplicatedServer& server) {
  if (server.known == nullptr) return server.role;
  return server.known->role == "slave" ? std::string_view("replica")
                                       : std::string_view(server.known->role);
}

// What the server itself is like.
void add_server(ordered_json& object, const ReplicatedServer& server) {
  object["state"] = server.state;
  object["role"] = role_of(server);
  object["agreedRole"] = server.role;
  if (server.latest == nullptr) return;
  const redis::Replication& facts = *server.latest;
  object["replicationId"] = facts.id;
  object["offset"] = if_known(facts.offset);
  object["fullSyncs"] = if_known(facts.full_syncs);
  object["partialSyncs"] = if_known(facts.partial_syncs);
  object["partialSyncsDenied"] = if_known(facts.partial_syncs_denied);
}

std::string_view link_word(const ReplicatedServer& replica, const ReplicationLink& link) {
  if (!replica.up() || !link.told) return "unknown";
  if (link.up) return "up";
  return link.syncing ? "syncing" : "down";
}

ordered_json link_json(const ReplicationForest& forest, const ReplicationLink& link) {
  const bool watched = link.master != ReplicationLink::kNotWatched;
  const ReplicatedServer& replica = forest.servers[link.replica];
  // What it said of the link is of its last good poll; how long the link is down by now nobody
  // says.
  const double down_seconds = replica.up() ? link.down_seconds : -1;
  return {{"master", watched ? forest.servers[link.master].name : link.master_address},
          {"state", link_word(replica, link)},
          {"downSeconds", if_known(down_seconds)},
          {"listedState", link.listed_state},
          {"listedAs", link.listed_as},
          {"lagBytes", if_known(link.lag_bytes)},
          {"lagBytesFrom", lag_source_word(link.lag_bytes_from)},
          {"lagSeconds", if_known(link.lag_seconds)},
          {"lagSecondsFrom", lag_source_word(link.lag_seconds_from)},
          {"unlisted", link.unlisted}};
}

ordered_json unwatched_json(const ReplicationForest& forest, const UnwatchedReplica& replica) {
  const auto source = [](bool known) {
    return lag_source_word(known ? LagSource::kMaster : LagSource::kNobody);
  };
  return {{"master", forest.servers[replica.master].name},
          {"state", "unknown"},
          {"downSeconds", nullptr},
          {"listedState", replica.listed.state},
          {"listedAs", replica.address},
          {"lagBytes", if_known(replica.lag_bytes)},
          {"lagBytesFrom", source(replica.lag_bytes >= 0)},
          {"lagSeconds", if_known(replica.listed.lag)},
          {"lagSecondsFrom", source(replica.listed.lag >= 0)},
          {"unlisted", false}};
}

ordered_json server_row_json(const ReplicationForest& forest, const ReplicationRow& row) {
  ordered_json object = {{"name", row.name},
                         {"depth", row.depth},
                         {"watched", row.server != ReplicationRow::kNone},
                         {"again", row.again}};
  if (row.server != ReplicationRow::kNone && !row.again)
    add_server(object, forest.servers[row.server]);
  object["link"] = nullptr;
  if (row.link != ReplicationRow::kNone)
    object["link"] = link_json(forest, forest.links.links[row.link]);
  if (row.listed != ReplicationRow::kNone)
    object["link"] = unwatched_json(forest, forest.links.unwatched[row.listed]);
  object["problems"] = row.problems;
  return object;
}

ordered_json tree_json(const ReplicationForest& forest, const ReplicationTree& tree) {
  ordered_json servers = ordered_json::array();
  for (const ReplicationRow& row : tree.rows) servers.push_back(server_row_json(forest, row));
  return {{"group", tree.group},
          {"shard", tree.shard},
          {"source", tree.source},
          {"problems", tree.problems},
          {"servers", std::move(servers)}};
}

bool has_server(const ReplicationTree& tree, const std::string& name) {
  return std::ranges::find(tree.rows, name, &ReplicationRow::name) != tree.rows.end();
}

}  // namespace

web::Response answer_replication(const web::Request& request, const ReplicationForest& forest) {
  const auto parameters = rules::ApiParameters::read(request);
  if (!parameters) return rules::error_response(parameters.error());
  const auto limit = parameters->limit("limit");
  if (!limit) return rules::error_response(limit.error());
  const std::string* target = parameters->find("target");
  const std::string* group = parameters->find("group");
  const std::string* source = parameters->find("source");

  Trees chosen;
  for (const ReplicationTree& tree : forest.trees) {
    if (target != nullptr && !has_server(tree, *target)) continue;
    if (group != nullptr && tree.group != *group) continue;
    if (source != nullptr && tree.source != *source) continue;
    chosen.push_back(&tree);
  }
  const std::size_t total = chosen.size();
  std::size_t problems = 0;
  for (const ReplicationTree* tree : chosen) problems += tree->problems;
  if (*limit > 0) {
    std::ranges::stable_sort(chosen, std::ranges::greater(), &ReplicationTree::problems);
    chosen.resize(std::min(*limit, total));
  }
  ordered_json trees = ordered_json::array();
  for (const ReplicationTree* tree : chosen) trees.push_back(tree_json(forest, *tree));
  const ordered_json answer = {{"status", "success"},
                               {"data",
                                {{"total", total},
                                 {"problems", problems},
                                 {"standalone", forest.standalone},
                                 {"trees", std::move(trees)}}}};
  return json_response(200, answer);
}

}  // namespace hitwatch
