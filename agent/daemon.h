// Builds the parts from a configuration, runs them, and replaces what a reload changes.
//
// Threads: the caller's (signals, reloads, target lists, what closes the books of lookups), one
// loop for Redis and applications' statistics, one for keys, one for StatsD, one for the wire tap,
// one for HTTP, one for rules, one for notifications, one for traces, two for queries.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/all_targets.h"
#include "agent/config/config.h"
#include "agent/discovery.h"
#include "agent/endpoints.h"
#include "agent/event_log.h"
#include "agent/event_memory.h"
#include "agent/keyspace.h"
#include "agent/latest_slow_commands.h"
#include "agent/log/log.h"
#include "agent/lookups_door.h"
#include "agent/metrics/family.h"
#include "agent/net/resolver.h"
#include "agent/notify/service.h"
#include "agent/own_metrics.h"
#include "agent/poll_traces.h"
#include "agent/probe_memory.h"
#include "agent/replication_view.h"
#include "agent/rules/query_api.h"
#include "agent/rules/service.h"
#include "agent/same_servers.h"
#include "agent/tap_service.h"
#include "agent/target_lists.h"
#include "agent/targets.h"
#include "agent/trace/exporter.h"
#include "agent/trace/span_queue.h"
#include "agent/trace/tracer.h"
#include "agent/web/server.h"
#include "collectors/apps/stats_endpoints.h"
#include "collectors/apps/statsd_server.h"
#include "collectors/lookups/store.h"
#include "collectors/redis/event_ledger.h"
#include "collectors/redis/families.h"
#include "collectors/redis/probe_ledger.h"

namespace hitwatch {

class Daemon {
 public:
  // Makes the configuration anew, from the same file and flags as at the start.
  using Load = std::function<std::expected<config::Config, std::vector<config::Fault>>()>;

  // `config` is what `load` answered first.
  Daemon(config::Config config, Load load);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Serves until SIGINT or SIGTERM; SIGHUP reloads. Fails at once with a sentence if it cannot
  // listen.
  std::expected<void, std::string> run();

 private:
  void wait_for_signal();
  void watch_target_lists();
  void keep_books();
  void keep_events_soon();
  void follow_discovery();
  void compare_with_the_tap(std::shared_ptr<WatchedTarget> target,
                            std::shared_ptr<const redis::TargetState> state);
  std::expected<void, std::string> start_statsd();
  std::expected<void, std::string> reload();
  // Tells of what is wrong with a configuration that was to be loaded.
  std::unexpected<std::string> refuse(const std::vector<config::Fault>& faults);
  // What a configuration refers to: rule files, templates of notifications.
  struct Loaded {
    rules::Service::Specs specs;
    std::shared_ptr<const notify::NoticeTemplates> templates;
  };
  static std::expected<Loaded, std::vector<config::Fault>> load_files(const config::Config& config);
  void apply(const config::Config& config, Loaded loaded);
  void on_web_thread(std::function<void()> work);
  void show_own_series(std::function<void(std::string)> take);
  // Watches what the configuration and the target lists name now; whether they are others.
  bool update_targets(const config::Config& config);
  std::vector<prometheus::MetricFamily> fleet_figures();
  void tell_of_name(const std::string& host, const net::Error* error);
  std::vector<prometheus::MetricFamily> further_metrics(
      const std::vector<config::Threshold>& thresholds);
  std::expected<void, std::string> start_web();
  void answer(const web::Request& request, web::Reply reply);
  void note_web_counters(const web::Counters& counters);

  config::Config config_;
  const std::string name_space_;  // of the servers' metrics; for the life of the daemon
  Load load_;
  log::Log log_;
  metrics::FamilyRegistry registry_;
  redis::Families families_;
  redis::ProbeLedger probes_;
  ProbeMemory probe_memory_;
  redis::EventLedger events_;
  EventMemory event_memory_;
  OwnMetrics own_;
  TargetLists target_lists_;
  AllTargets all_targets_;
  std::mutex shard_mutex_;  // of the three below
  config::Shard shard_;
  std::size_t targets_elsewhere_ = 0;
  std::vector<TargetLists::State> list_states_;
  SameServers same_servers_;  // of the loop's thread
  lookups::Store lookups_;
  TapService tap_;  // before all that has threads: it gives up capabilities
  LookupsDoor lookups_door_;
  OtlpDoor otlp_door_;
  trace::SpanQueue span_queue_;
  trace::Tracer tracer_;
  trace::Exporter trace_exporter_;

  boost::asio::io_context control_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer list_timer_;
  boost::asio::steady_timer book_timer_;
  int books_kept_ = 0;
  std::atomic<bool> events_settled_ = false;
  EventLog event_log_;
  PollTraces poll_traces_;
  LatestSlowCommands slow_commands_;
  ReplicationView replication_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> loop_guard_;
  net::Resolver resolver_;
  net::TlsContexts tls_contexts_;  // of the loop's thread
  Targets targets_;
  Discovery discovery_;
  std::atomic<bool> discovered_ = false;  // something that is not followed yet
  Keyspace keyspace_;
  notify::Service notifications_;
  rules::Service rules_;
  rules::QueryApi queries_;
  apps::StatsEndpoints stats_endpoints_;
  std::thread loop_thread_;
  std::unique_ptr<apps::StatsdServer> statsd_;  // none if it listens nowhere

  std::mutex web_mutex_;  // of the two below
  std::shared_ptr<Endpoints> endpoints_;
  std::unique_ptr<web::Server> server_;
};

}  // namespace hitwatch
