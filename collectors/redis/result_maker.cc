#include "collectors/redis/result_maker.h"

#include <fmt/core.h>

#include <utility>

namespace hitwatch::redis {
namespace {

// How long figures of an earlier poll stand in for those of one that timed out: Prometheus'
// lookback, after which it would no longer show them either.
constexpr std::chrono::minutes kStandIn{5};

double seconds_of(PollEnd::Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

void finish_samples(PollEnd& end, Collection& collection) {
  if (!end.have_info) {
    collection.out.begin();
    return;
  }
  finish_collection(collection);
  if (collection.server.loading && end.error.reason == net::Reason::kNone) {
    end.error = {net::Reason::kLoading, "the server is loading its data set"};
  }
}

void describe_server(TargetState& state, Collection& collection) {
  ServerFacts& server = collection.server;
  state.version = server.version;
  state.role = server.role;
  state.mode = server.mode;
  state.keyspace_hits = collection.remembered.lookups.hits.of_applications;
  state.keyspace_misses = collection.remembered.lookups.misses.of_applications;
  state.counted_hits = server.keyspace_hits;
  state.counted_misses = server.keyspace_misses;
  state.commands_processed = server.commands_processed;
  state.counted_at = server.counted_at;
  state.keys = server.total_keys;
  state.run_id = server.run_id;
  state.used_memory = server.used_memory;
  state.ops_per_second = server.ops_per_second;
  state.cluster_epoch = server.cluster_epoch;
  state.cluster_slots_ok = server.cluster_slots_ok;
  state.cluster_nodes = server.cluster_nodes;
  state.replication = std::make_shared<const Replication>(std::move(server.replication));
}

std::shared_ptr<const TargetState> target_state(const PollEnd& end, Collection& collection) {
  auto state = std::make_shared<TargetState>();
  state->up = end.have_info;
  state->error = end.error;
  state->last_poll = collection.now;
  state->last_duration = end.took;
  state->lateness = end.late_by;
  state->unavailable = end.unavailable;
  state->series_dropped = collection.out.dropped();
  if (end.have_info) describe_server(*state, collection);
  state->peer = end.peer;
  return state;
}

// What may have changed since the poll before.
PolledServer polled_server(const PollEnd& end, const ServerFacts& server) {
  PolledServer now;
  now.up = end.have_info;
  now.reason = net::reason_word(end.error.reason);
  now.reconnected = end.reconnected;
  now.run_id = server.run_id;
  now.role = server.role;
  if (!server.master_host.empty()) {
    now.master = fmt::format("{}:{}", server.master_host, server.master_port);
  }
  return now;
}

std::shared_ptr<const SlowCommands> slow_commands(const Target& target, Collection& collection) {
  if (collection.slow.empty()) return nullptr;
  const std::string& run = collection.server.run_id;
  return std::make_shared<const SlowCommands>(run.empty() ? target.name() : run,
                                              std::move(collection.slow));
}

}  // namespace

PollResult ResultMaker::make(const Target& target, PollEnd end, Collection& collection) {
  ++polls_;
  seconds_polling_ += seconds_of(end.took);
  finish_samples(end, collection);
  add_own_samples(end, collection);
  PollResult result;
  result.snapshot = snapshot(end, collection);
  result.state = target_state(end, collection);
  result.changes = changes_.next(polled_server(end, collection.server));
  log_change(target, *result.state);
  last_ = result.state;
  result.slow = slow_commands(target, collection);
  return result;
}

void ResultMaker::add_own_samples(const PollEnd& end, Collection& collection) const {
  metrics::SnapshotBuilder& out = collection.out;
  const Families& families = collection.families;
  const auto add = [&](Metric metric, double value,
                       metrics::Suffix suffix = metrics::Suffix::kNone) {
    out.add(families[metric], value, {}, suffix);
  };
  const bool failed = end.error.reason != net::Reason::kNone;
  add(Metric::kUp, end.have_info ? 1 : 0);
  out.add(families[Metric::kExporterLastScrapeError], failed ? 1 : 0,
          {{"err", net::reason_word(end.error.reason)}});
  add(Metric::kExporterLastScrapeDuration, seconds_of(end.took));
  out.add(families[Metric::kExporterLastScrapeConnectTime], end.connect_seconds, {},
          metrics::Suffix::kNone, false);
  if (collection.options.ping) {
    out.add(families[Metric::kExporterLastScrapePingTime], end.ping_seconds, {},
            metrics::Suffix::kNone, false);
  }
  add(Metric::kExporterScrapesTotal, static_cast<double>(polls_));
  add(Metric::kExporterScrapeDuration, seconds_polling_, metrics::Suffix::kSum);
  add(Metric::kExporterScrapeDuration, static_cast<double>(polls_), metrics::Suffix::kCount);
  for (const auto& [collector, answer] : end.unavailable) {
    out.add(families[Metric::kCollectorUnavailable], 1, {{"collector", collector}});
  }
}

std::shared_ptr<const metrics::Snapshot> ResultMaker::snapshot(const PollEnd& end,
                                                               Collection& collection) {
  const bool stands_in =
      end.may_stand_in && last_good_ != nullptr && end.began - last_good_->data_from < kStandIn;
  if (stands_in) collection.out.carry_over(*last_good_);
  auto snapshot = collection.out.finish();
  snapshot->taken_steady = end.began;
  snapshot->taken = collection.now;
  snapshot->role = collection.server.role;
  if (end.have_info) {
    snapshot->data_from = end.began;
  } else if (last_good_ != nullptr) {
    snapshot->data_from = last_good_->data_from;
    if (stands_in) snapshot->role = last_good_->role;
  }
  if (end.have_info) last_good_ = snapshot;
  return snapshot;
}

// A reason is told once while the target is down: which of two it is may go to and fro.
void ResultMaker::log_change(const Target& target, const TargetState& state) {
  const bool same =
      last_ != nullptr && state.up == last_->up && state.error.reason == last_->error.reason;
  if (state.up) reasons_told_.clear();
  if (same || (!state.up && !reasons_told_.insert(state.error.reason).second)) return;
  const std::string name = target.name();
  if (!state.up) {
    log_.warn("target is down", {{"target", name},
                                 {"address", target.url.redacted()},
                                 {"reason", net::reason_word(state.error.reason)},
                                 {"error", state.error.text}});
  } else if (state.error.reason != net::Reason::kNone) {
    log_.warn("target answers in part", {{"target", name},
                                         {"reason", net::reason_word(state.error.reason)},
                                         {"error", state.error.text}});
  } else {
    log_.info("target is up", {{"target", name}, {"version", state.version}, {"role", state.role}});
  }
}

}  // namespace hitwatch::redis
