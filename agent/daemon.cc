#include "agent/daemon.h"

#include <fmt/core.h>
#include <pthread.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <set>

#include "agent/fleet_metrics.h"
#include "agent/lookup_metrics.h"
#include "agent/probe_metrics.h"
#include "agent/replication_metrics.h"
#include "agent/rules/load.h"
#include "agent/rules/thresholds.h"
#include "agent/tap_metrics.h"
#include "agent/version.h"

namespace hitwatch {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kListCheck{2};
constexpr std::chrono::seconds kBooks{1};
constexpr int kBooksToFile = 30;

log::Level level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kDebug:
      return log::Level::kDebug;
    case config::LogLevel::kInfo:
      return log::Level::kInfo;
    case config::LogLevel::kWarn:
      return log::Level::kWarn;
    case config::LogLevel::kError:
      return log::Level::kError;
  }
  return log::Level::kInfo;
}

log::Format format_of(config::LogFormat format) {
  return format == config::LogFormat::kJson ? log::Format::kJson : log::Format::kLogfmt;
}

// The label `instance` of the daemon's own series: where it serves, as seen from here.
std::string own_instance(const std::string& listen_address, std::uint16_t port) {
  std::string host = listen_address.substr(0, listen_address.rfind(':'));
  if (host.empty() || host == "0.0.0.0" || host == "[::]") host = "localhost";
  return fmt::format("{}:{}", host, port);
}

}  // namespace

Daemon::Daemon(config::Config config, Load load)
    : config_(std::move(config)),
      name_space_(config_.name_space),
      load_(std::move(load)),
      log_(level_of(config_.log.level), format_of(config_.log.format)),
      families_(registry_, config_.name_space),
      probe_memory_(config_.storage.path, probes_, log_),
      event_memory_(config_.storage.path, events_, log_),
      own_(config_.name_space),
      target_lists_(log_),
      all_targets_(log_),
      same_servers_(log_),
      lookups_(config_.keys.patterns, config_.keys.tenants, lookups::Clock::now()),
      tap_(config_, lookups_, log_),
      lookups_door_(lookups_, log_),
      otlp_door_(lookups_, log_),
      tracer_(span_queue_),
      trace_exporter_(span_queue_, log_),
      signals_(control_, SIGINT, SIGTERM, SIGHUP),
      list_timer_(control_),
      book_timer_(control_),
      event_log_(log_, tracer_),
      poll_traces_(tracer_, events_, [this] { keep_events_soon(); }),
      loop_guard_(asio::make_work_guard(loop_)),
      resolver_(
          loop_.get_executor(), net::Resolver::system(),
          [this](const std::string& host, const net::Error* error) { tell_of_name(host, error); }),
      targets_(
          loop_.get_executor(), resolver_, tls_contexts_, families_, log_,
          [this](const std::shared_ptr<WatchedTarget>& target, const redis::PollResult& result) {
            own_.poll_seconds.Observe(result.state->last_duration.count());
            if (result.state->series_dropped > 0) {
              own_.series_dropped.Increment(static_cast<double>(result.state->series_dropped));
            }
            if (result.state->error.reason != net::Reason::kNone) {
              own_.polls_failed.Increment();
            }
            if (result.state->lateness) own_.poll_lateness.Observe(result.state->lateness->count());
            const bool is_another = same_servers_.polled(target->target, *result.state);
            if (is_another) follow_discovery();
            event_log_.polled(target->target, result, poll_traces_.polled(target->target, result));
            slow_commands_.polled(target->target, result);
            replication_.polled(target->target.name(), *result.state,
                                ReplicationView::Clock::now());
            // It may not be the server any more whose place it has.
            const redis::Target& polled = target->target;
            if (!is_another || polled.place.at == polled.url.address()) {
              discovery_.polled(polled, result);
            }
            compare_with_the_tap(target, result.state);
            rules_.polled(target, result);
          },
          &probes_, &events_),
      discovery_(
          {.loop = loop_.get_executor(),
           .resolver = resolver_,
           .tls_contexts = tls_contexts_,
           .log = log_,
           .changed = [this] { follow_discovery(); },
           .happened = [this](topology::Event event) { event_log_.happened(std::move(event)); },
           .name_at = [this](const std::string& address) { return targets_.name_at(address); },
           .poll_now =
               [this](std::vector<std::string> addresses) {
                 targets_.poll_now(std::move(addresses));
               }}),
      keyspace_(families_, probes_, log_, tracer_),
      notifications_({.log = log_,
                      .state_folder = config_.storage.path,
                      .state_bytes = config_.storage.max_size / 2,
                      .taken = [this](std::int64_t number) { rules_.taken(number); },
                      .tracer = tracer_}),
      rules_(
          {.log = log_,
           .state_folder = config_.storage.path,
           .state_bytes = config_.storage.max_size / 2,
           .own_exposition =
               [this](std::function<void(std::string)> take) { show_own_series(std::move(take)); },
           .notifications = notifications_,
           .tracer = tracer_,
           .poll_of =
               [this](const std::string& instance) { return poll_traces_.last_poll(instance); }}),
      queries_({.with_window =
                    [this](rules::QueryApi::Work work) { rules_.with_window(std::move(work)); },
                .now = [this] { return rules_.now(); }}),
      stats_endpoints_(loop_.get_executor(), resolver_, tls_contexts_, lookups_, log_) {}

Daemon::~Daemon() {
  discovery_.stop();
  targets_.stop();
  stats_endpoints_.stop();
  if (loop_thread_.joinable()) {
    asio::post(loop_, [this] { loop_.stop(); });
    loop_thread_.join();
  }
  // After the loop, whose polls answer requests through the server; before the endpoints it calls.
  std::unique_ptr<web::Server> server;
  {
    const std::scoped_lock lock(web_mutex_);
    server = std::move(server_);
  }
  server.reset();
  rules_.stop();  // what it has not begun refers to queries
  notifications_.stop();
  tap_.stop();
  statsd_.reset();  // a scrape reads its counters
  keyspace_.stop();
  trace_exporter_.stop();  // nobody makes spans any more
  event_memory_.save();    // what has arrived since
}

std::expected<void, std::string> Daemon::run() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file past the system's bound is an error like a full disk
  if (auto started = start_statsd(); !started) return started;
  auto loaded = load_files(config_);
  if (!loaded) return std::unexpected(config::to_string(loaded.error()));
  probe_memory_.load();
  apply(config_, *std::move(loaded));
  if (auto started = start_web(); !started) return started;
  trace_exporter_.start();
  notifications_.start();
  rules_.start(own_instance(config_.web.listen_address, server_->port()));
  own_.config_last_reload_successful.Set(1);
  own_.config_last_reload_success_time.SetToCurrentTime();
  tap_.start();
  loop_thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "hitwatch-loop");
    loop_.run();
  });
  log_.info("hitwatch is running", {{"version", kVersion},
                                    {"listen", config_.web.listen_address},
                                    {"port", std::to_string(server_->port())}});
  wait_for_signal();
  watch_target_lists();
  keep_books();
  control_.run();
  probe_memory_.save();
  log_.info("hitwatch is stopping");
  return {};
}

std::expected<void, std::string> Daemon::start_statsd() {
  if (config_.apps.statsd.listen.empty()) return {};
  auto server = apps::StatsdServer::start(config_.apps.statsd, lookups_, log_);
  if (!server) return std::unexpected(server.error());
  statsd_ = *std::move(server);
  return {};
}

std::expected<void, std::string> Daemon::start_web() {
  web::Options options;
  options.admits = [this](const web::Request& request) {
    return lookups_door_.admits(request) || otlp_door_.admits(request);
  };
  options.max_body_of = [this](const web::Request& request) {
    return otlp_door_.trusts(request) ? kMaxOtlpBody : 0;
  };
  options.listen_address = config_.web.listen_address;
  options.web_config_file = config_.web.config_file;
  options.log = [this](const std::string& what) { log_.warn("web server", {{"what", what}}); };
  auto server = web::Server::start(
      std::move(options),
      [this](const web::Request& request, web::Reply reply) { answer(request, std::move(reply)); });
  if (!server) return std::unexpected(server.error());
  const std::scoped_lock lock(web_mutex_);
  server_ = *std::move(server);
  return {};
}

// On the web server's thread, which may already be there when start_web() has not yet returned.
void Daemon::answer(const web::Request& request, web::Reply reply) {
  std::shared_ptr<Endpoints> endpoints;
  {
    const std::scoped_lock lock(web_mutex_);
    endpoints = endpoints_;
    if (server_ != nullptr) note_web_counters(server_->counters());
  }
  // A reload may replace the endpoints before they have answered.
  endpoints->handle(request, [endpoints, reply = std::move(reply)](web::Response response) {
    reply(std::move(response));
  });
}

void Daemon::note_web_counters(const web::Counters& counters) {
  own_.web_connections.Set(static_cast<double>(counters.connections_open));
  const auto dropped = static_cast<double>(counters.connections_dropped);
  own_.web_connections_dropped.Increment(dropped - own_.web_connections_dropped.Value());
}

// Not at all once the server has ended, which threads that work for it may outlive.
void Daemon::on_web_thread(std::function<void()> work) {
  const std::scoped_lock lock(web_mutex_);
  if (server_ != nullptr) server_->post(std::move(work));
}

void Daemon::show_own_series(std::function<void(std::string)> take) {
  const std::scoped_lock lock(web_mutex_);
  if (server_ == nullptr) return;
  server_->post(
      [endpoints = endpoints_, take = std::move(take)] { take(endpoints->own_exposition()); });
}

std::expected<Daemon::Loaded, std::vector<config::Fault>> Daemon::load_files(
    const config::Config& config) {
  auto specs = rules::load_rules(config.rules);
  if (!specs) return std::unexpected(specs.error());
  auto templates = notify::NoticeTemplates::load(config.notify.template_files);
  if (!templates) {
    return std::unexpected(
        std::vector<config::Fault>{{"notify.templates", 0, 0, templates.error()}});
  }
  return Loaded{*std::move(specs), *std::move(templates)};
}

void Daemon::apply(const config::Config& config, Loaded loaded) {
  for (const std::string& warning : config.warnings) {
    log_.warn("configuration", {{"warning", warning}});
  }
  tracer_.configure(config.traces);
  trace_exporter_.configure(config.traces);
  poll_traces_.configure(config.keys.patterns);
  slow_commands_.configure(config.keys.patterns);
  if (!config.traces.endpoint.empty()) event_memory_.begin();
  target_lists_.look(config.target_files);
  discovery_.configure(config);
  update_targets(config);
  lookups_.configure(config.keys.patterns, config.keys.tenants);
  tap_.configure(config);
  lookups_door_.configure(config.apps.http);
  otlp_door_.configure(config.apps.otlp);
  stats_endpoints_.update(config.apps.stats_endpoints);
  if (statsd_ != nullptr) statsd_->set_mapping(config.apps.statsd.mapping);
  notifications_.configure({.settings = std::make_shared<const notify::Settings>(config.notify),
                            .templates = std::move(loaded.templates),
                            .external_url = config.rules.external_url,
                            .evaluation_interval = config.rules.evaluation_interval,
                            .admin_api = config.web.admin_api});
  rules_.configure(config, std::move(loaded.specs));
  queries_.set_evaluation_interval(config.rules.evaluation_interval.count());
  auto endpoints = std::make_shared<Endpoints>(
      Endpoints::Parts{
          .targets = targets_,
          .discovery = discovery_,
          .own = own_,
          .lookups = lookups_,
          .lookups_door = lookups_door_,
          .otlp_door = otlp_door_,
          .slow_commands = slow_commands_,
          .events = event_log_,
          .replication = replication_,
          .tap = tap_,
          .rules = rules_,
          .queries = queries_,
          .notifications = notifications_,
          .tracer = tracer_,
          .further_metrics = [this, thresholds = rules::with_defaults(
                                        config.thresholds)] { return further_metrics(thresholds); },
          .age_family = families_[redis::Metric::kSnapshotAge],
          .on_web_thread = [this](std::function<void()> work) { on_web_thread(std::move(work)); },
          .reload =
              [this](std::function<void(std::expected<void, std::string>)> done) {
                asio::post(control_, [this, done = std::move(done)] { done(reload()); });
              }},
      config);
  const std::scoped_lock lock(web_mutex_);
  endpoints_ = std::move(endpoints);
}

bool Daemon::update_targets(const config::Config& config) {
  const AllTargets::Chosen chosen =
      all_targets_.choose(config, target_lists_, discovery_.targets(), same_servers_);
  const std::vector<redis::Target>& wanted = chosen.targets;
  {
    const std::scoped_lock lock(shard_mutex_);
    shard_ = config.shard;
    targets_elsewhere_ = chosen.elsewhere;
    list_states_ = target_lists_.states();
  }
  own_.targets.Set(static_cast<double>(wanted.size()));
  const bool changed = targets_.update(wanted, config);
  keyspace_.update(*targets_.all(), config);
  tap_.watch(*targets_.all());
  rules_.watch(targets_.all());
  std::set<std::string> names;
  for (const redis::Target& target : wanted) names.insert(target.name());
  poll_traces_.keep_only(names);
  slow_commands_.keep_only(names);
  replication_.keep_only(names);
  return changed;
}

std::vector<prometheus::MetricFamily> Daemon::fleet_figures() {
  const std::scoped_lock lock(shard_mutex_);
  return fleet_metrics({.connects = targets_.connects(),
                        .names = resolver_.figures(),
                        .shard = shard_,
                        .elsewhere = targets_elsewhere_,
                        .lists = list_states_});
}

void Daemon::tell_of_name(const std::string& host, const net::Error* error) {
  if (error == nullptr) {
    log_.info("a name resolves again", {{"host", host}});
  } else {
    log_.warn("a name no longer resolves, its last addresses are used",
              {{"host", host}, {"error", error->text}});
  }
}

std::vector<prometheus::MetricFamily> Daemon::further_metrics(
    const std::vector<config::Threshold>& thresholds) {
  auto families = lookup_metrics({.store = lookups_,
                                  .statsd = statsd_.get(),
                                  .door = lookups_door_,
                                  .otlp = otlp_door_,
                                  .endpoints = stats_endpoints_});
  const auto targets = targets_.all();
  for (prometheus::MetricFamily& family : fleet_figures()) families.push_back(std::move(family));
  for (prometheus::MetricFamily& family : tap_metrics(tap_, *targets)) {
    families.push_back(std::move(family));
  }
  families.push_back(probe_metrics(probes_, *targets));
  families.push_back(report_ages(*targets, std::chrono::system_clock::now()));
  families.push_back(rules::threshold_metrics(thresholds));
  auto replication = replication_metrics(*replication_.forest(targets), name_space_,
                                         Targets::needs_instance(*targets));
  for (prometheus::MetricFamily& family : replication) families.push_back(std::move(family));
  for (prometheus::MetricFamily& family : discovery_.metrics()) {
    families.push_back(std::move(family));
  }
  for (prometheus::MetricFamily& family : event_log_.metrics()) {
    families.push_back(std::move(family));
  }
  for (prometheus::MetricFamily& family : poll_traces_.metrics()) {
    families.push_back(std::move(family));
  }
  for (prometheus::MetricFamily& family : rules_.metrics()) families.push_back(std::move(family));
  for (prometheus::MetricFamily& family : notifications_.metrics()) {
    families.push_back(std::move(family));
  }
  for (prometheus::MetricFamily& family : trace_exporter_.metrics()) {
    families.push_back(std::move(family));
  }
  return families;
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& code, int signal) {
    if (code) return;
    if (signal != SIGHUP) {
      control_.stop();
      return;
    }
    static_cast<void>(reload());  // a signal awaits no answer; faults are logged and counted
    wait_for_signal();
  });
}

void Daemon::watch_target_lists() {
  list_timer_.expires_after(kListCheck);
  list_timer_.async_wait([this](const boost::system::error_code& code) {
    if (code) return;
    lookups_door_.refresh();
    otlp_door_.refresh();
    if (target_lists_.look(config_.target_files, TargetLists::Haste::kOnceSettled)) {
      update_targets(config_);
      log_.info("target lists changed", {{"targets", std::to_string(targets_.all()->size())}});
    }
    watch_target_lists();
  });
}

// Closing a slot of the last minutes takes up to tens of milliseconds: not for the loop.
void Daemon::keep_books() {
  book_timer_.expires_after(kBooks);
  book_timer_.async_wait([this](const boost::system::error_code& code) {
    if (code) return;
    lookups_.tick(lookups::Clock::now());
    if (++books_kept_ % kBooksToFile == 0) probe_memory_.save();
    keep_books();
  });
}

// What has arrived is noted at once: a daemon that is killed should not tell it again.
void Daemon::keep_events_soon() {
  if (events_settled_.exchange(true)) return;
  asio::post(control_, [this] {
    events_settled_ = false;
    event_memory_.save();
  });
}

// On the loop: the tap reads packets some moments after the server has counted them.
void Daemon::compare_with_the_tap(std::shared_ptr<WatchedTarget> target,
                                  std::shared_ptr<const redis::TargetState> state) {
  if (!tap_.captures()) return;
  const auto settled = std::make_shared<asio::steady_timer>(loop_, TapService::kSettling);
  settled->async_wait([this, settled, target = std::move(target),
                       state = std::move(state)](const boost::system::error_code& error) {
    if (!error) tap_.polled(target->target, *state);
  });
}

// On the loop. Several sources may change at once: they are followed together.
void Daemon::follow_discovery() {
  if (discovered_.exchange(true)) return;
  asio::post(control_, [this] {
    discovered_ = false;
    if (!update_targets(config_)) return;  // they are of other daemons' shards
    log_.info("discovered servers changed", {{"targets", std::to_string(targets_.all()->size())}});
  });
}

std::unexpected<std::string> Daemon::refuse(const std::vector<config::Fault>& faults) {
  for (const config::Fault& fault : faults) {
    log_.error("configuration not loaded, the former one stays",
               {{"error", config::to_string(fault)}});
  }
  own_.config_last_reload_successful.Set(0);
  own_.config_reloads_failed.Increment();
  return std::unexpected(config::to_string(faults) + "\n");
}

std::expected<void, std::string> Daemon::reload() {
  auto loaded = load_();
  if (!loaded) return refuse(loaded.error());
  auto files = load_files(*loaded);
  if (!files) return refuse(files.error());
  if (loaded->web.listen_address != config_.web.listen_address ||
      loaded->web.config_file != config_.web.config_file ||
      loaded->log.format != config_.log.format ||
      loaded->apps.statsd.listen != config_.apps.statsd.listen) {
    log_.warn(
        "web.listen_address, web.config_file, log.format and apps.statsd.listen take effect at the "
        "next start");
  }
  config_ = *std::move(loaded);
  log_.set_level(level_of(config_.log.level));
  apply(config_, *std::move(files));
  own_.config_last_reload_successful.Set(1);
  own_.config_last_reload_success_time.SetToCurrentTime();
  log_.info("configuration loaded", {{"targets", std::to_string(targets_.all()->size())}});
  return {};
}

}  // namespace hitwatch
