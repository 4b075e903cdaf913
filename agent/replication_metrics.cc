#include "agent/replication_metrics.h"

#include <algorithm>
#include <string>
#include <utility>

#include "collectors/redis/families.h"

namespace hitwatch {
namespace {

using metrics::Description;
using metrics::Type::kGauge;
using prometheus::MetricFamily;

constexpr Description kLagBytes = {
    "replication_lag_bytes",
    kGauge,
    "How many bytes of its master's stream a replica has not confirmed, as the master sees it; "
    "else "
    "the difference between offsets of two polls, with what was written between.",
    "master",
    "",
    true};
constexpr Description kLagSeconds = {
    "replication_lag_seconds",
    kGauge,
    "How long ago a replica confirmed anything, as its master says; else how long ago it got "
    "anything; where the link is down, for how long.",
    "master",
    "",
    true};
constexpr Description kUnlisted = {
    "replication_unlisted",
    kGauge,
    "1 for a replica that claims a master which, also in an earlier poll, lists no such replica.",
    "master",
    "",
    true};
constexpr Description kUnwatched = {
    "replication_unwatched",
    kGauge,
    "1 for a replica that a master lists and that is none of the targets.",
    "slave_ip, slave_port",
    "",
    true};
constexpr Description kDepth = {
    "replication_depth",
    kGauge,
    "How many masters are above a server: 0 for a master with replicas, 1 for its replicas, 2 for "
    "theirs.",
    "",
    "",
    true};

class FamilyMaker {
 public:
  FamilyMaker(std::string_view name_space, bool instance)
      : name_space_(name_space), instance_(instance) {}

  MetricFamily family(const Description& about) const {
    MetricFamily made = metrics::family_of(about);
    made.name = redis::family_name(name_space_, about.name);
    return made;
  }
  // A label of the server's that is called as one of ours gives way.
  void add(MetricFamily& family, const ReplicatedServer& server, const metrics::Labels& own,
           double value) const {
    prometheus::ClientMetric& metric = metrics::add_sample(family, value);
    if (instance_) metric.label.push_back({"instance", server.name});
    for (const metrics::Label& label : server.labels) {
      if (std::ranges::find(own, label.name, &metrics::Label::name) == own.end()) {
        metric.label.push_back({label.name, label.value});
      }
    }
    for (const metrics::Label& label : own) metric.label.push_back({label.name, label.value});
  }

 private:
  const std::string_view name_space_;
  const bool instance_;
};

}  // namespace

std::vector<MetricFamily> replication_metrics(const ReplicationForest& forest,
                                              std::string_view name_space, bool instance) {
  const FamilyMaker maker(name_space, instance);
  MetricFamily bytes = maker.family(kLagBytes);
  MetricFamily seconds = maker.family(kLagSeconds);
  MetricFamily unlisted = maker.family(kUnlisted);
  MetricFamily unwatched = maker.family(kUnwatched);
  MetricFamily depth = maker.family(kDepth);
  for (const ReplicationLink& link : forest.links.links) {
    const ReplicatedServer& replica = forest.servers[link.replica];
    const metrics::Labels master = {{"master", link.master == ReplicationLink::kNotWatched
                                                   ? link.master_address
                                                   : forest.servers[link.master].name}};
    if (link.lag_bytes >= 0) {
      maker.add(bytes, replica, master, static_cast<double>(link.lag_bytes));
    }
    if (link.lag_seconds >= 0) maker.add(seconds, replica, master, link.lag_seconds);
    if (link.unlisted) maker.add(unlisted, replica, master, 1);
  }
  for (const UnwatchedReplica& replica : forest.links.unwatched) {
    maker.add(
        unwatched, forest.servers[replica.master],
        {{"slave_ip", replica.listed.host}, {"slave_port", std::to_string(replica.listed.port)}},
        1);
  }
  for (const ReplicationTree& tree : forest.trees) {
    if (tree.rows.size() < 2) continue;
    for (const ReplicationRow& row : tree.rows) {
      if (row.server == ReplicationRow::kNone || row.again) continue;
      maker.add(depth, forest.servers[row.server], {}, static_cast<double>(row.depth));
    }
  }
  std::vector<MetricFamily> families;
  for (MetricFamily* family : {&bytes, &seconds, &unlisted, &unwatched, &depth}) {
    if (!family->metric.empty()) families.push_back(std::move(*family));
  }
  return families;
}

std::vector<Description> replication_descriptions() {
  return {kLagBytes, kLagSeconds, kUnlisted, kUnwatched, kDepth};
}

}  // namespace hitwatch
