#include "collectors/redis/poller.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "collectors/redis/login.h"
#include "collectors/redis/poll_phase.h"

namespace hitwatch::redis {
namespace {

using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds kFirstBackoff{100};
// A connection that did not last this long is reopened at once only if a poll is allowed, so that a
// server that closes every connection is not hammered.
constexpr std::chrono::seconds kLastingConnection{1};
// How long figures of an earlier poll stand in for those of one that timed out: Prometheus'
// lookback, after which it would no longer show them either.
constexpr std::chrono::minutes kStandIn{5};
constexpr int kMostRounds = 6;

constexpr std::string_view kAuth = "auth";
constexpr std::string_view kClientName = "client_name";
constexpr std::string_view kPing = "ping";
constexpr std::string_view kInfo = "info";

double to_seconds(Poller::Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

Request simple_request(std::string_view collector, std::vector<std::string> args) {
  return {std::string(collector), std::move(args), [](const Reply&, Collection&) {}};
}

std::string encode(std::span<const Request> requests) {
  std::string bytes;
  for (const Request& request : requests) append_command(bytes, request.args);
  return bytes;
}

// What plan() reads of the facts: when it changes, the plan does.
std::string plan_key(const ServerFacts& server) {
  return fmt::format("{}/{}/{}/{}/{}", server.version_number, server.valkey_number, server.mode,
                     server.role, server.cluster_enabled);
}

}  // namespace

Poller::Poller(boost::asio::any_io_executor executor, net::Resolver& resolver,
               net::TlsContexts& tls_contexts, const Families& families, log::Log& log,
               Target target, PollOptions options, Publish publish, ProbeLedger* probes,
               EventLedger* events, ConnectSlots* slots)
    : executor_(executor),
      resolver_(resolver),
      tls_contexts_(tls_contexts),
      families_(families),
      log_(log),
      target_(std::move(target)),
      options_(std::move(options)),
      publish_(std::move(publish)),
      probes_(probes),
      slots_(slots),
      backoff_(kFirstBackoff, options_.interval, std::hash<std::string>{}(target_.name())),
      loss_pace_(options_.interval),
      recorder_(events, target_.name()),
      deadline_(executor),
      half_time_(executor),
      schedule_(executor) {}

void Poller::start(Clock::duration delay) {
  if (delay > Clock::duration::zero()) {
    poll_after(delay);
  } else {
    poll(Clock::now() + options_.timeout, {});
  }
}

void Poller::stop() {
  stopped_ = true;
  polling_ = false;
  deadline_.cancel();
  half_time_.cancel();
  schedule_.cancel();
  drop_connection();
  // Whoever waits for a target that a reload removes would wait for its whole deadline.
  for (const auto& done : std::exchange(waiting_, {})) done();
}

void Poller::relabel(Target target, Publish publish) {
  const bool was_failed = is_held_for_failed();
  target_ = std::move(target);
  publish_ = std::move(publish);
  if (stopped_ || was_failed == is_held_for_failed()) return;
  if (polling_) {
    fail_poll({net::Reason::kFailed, target_.place.failed});
    return;
  }
  if (is_held_for_failed()) drop_connection();
  backoff_.reset();
  begin_poll(Clock::now() + options_.timeout);
}

void Poller::set_options(const PollOptions& options) {
  const bool was_on_scrape = options_.on_scrape;
  const milliseconds interval = options_.interval;
  options_ = options;
  planned_for_.clear();
  if (interval != options_.interval) {
    backoff_ =
        net::Backoff(kFirstBackoff, options_.interval, std::hash<std::string>{}(target_.name()));
    loss_pace_ = LossPace(options_.interval);
  }
  const bool reschedule = was_on_scrape != options_.on_scrape || interval != options_.interval;
  if (reschedule && !polling_ && !stopped_) schedule_next();
}

void Poller::poll(Clock::time_point deadline, std::function<void()> done) {
  if (stopped_) return;
  if (done) waiting_.push_back(std::move(done));
  only_reopening_ = false;
  if (!polling_) {
    begin_poll(deadline);
  } else if (full_deadline_) {
    full_deadline_ = std::max(*full_deadline_, deadline);
  } else if (deadline > deadline_.expiry()) {
    // Who asked first and has little time must not cut it short for who joins.
    set_deadline(deadline);
  }
}

void Poller::poll_now() {
  if (polling_ && !only_reopening_) {
    again_ = true;
  } else {
    poll(Clock::now() + options_.timeout, {});
  }
}

void Poller::set_deadline(Clock::time_point deadline) {
  deadline_.expires_at(deadline);
  deadline_.async_wait([self = weak_from_this()](const error_code& code) {
    if (const auto poller = self.lock(); poller && !code && poller->polling_) poller->on_deadline();
  });
}

// When to give up on a poll that may go on until `deadline`.
Poller::Clock::time_point Poller::patience(Clock::time_point deadline) {
  full_deadline_.reset();
  const bool hangs = published_once_ && !published_.up &&
                     published_.error.reason == net::Reason::kTimeout && !only_reopening_;
  if (!hangs || ++short_probes_ % ResponseTime::kFullProbe == 0) return deadline;
  const auto soon = began_ + connect_time_.usual() + reply_time_.usual();
  if (soon >= deadline) return deadline;
  full_deadline_ = deadline;
  return soon;
}

// A sign of life.
void Poller::on_heard() {
  if (!polling_ || !full_deadline_) return;
  set_deadline(*full_deadline_);
  full_deadline_.reset();
}

void Poller::begin_poll(Clock::time_point deadline, Aim aim) {
  schedule_.cancel();
  late_by_.reset();
  polling_ = true;
  again_ = false;
  began_ = Clock::now();
  only_reopening_ = aim == Aim::kReopen;
  if (lost_ && !only_reopening_) loss_pace_.polled(began_);
  have_info_ = false;
  opened_now_ = false;
  greeting_ = false;
  error_ = {};
  rounds_ = 0;
  builder_.begin();
  collection_ = std::make_unique<Collection>(Collection{builder_,
                                                        families_,
                                                        options_.collect,
                                                        server_,
                                                        remembered_,
                                                        std::chrono::system_clock::now(),
                                                        {},
                                                        probes_});
  recorder_.begin(options_.record, collection().now, began_);
  collection().recording = recorder_.recording();
  if (is_held_for_failed()) {
    error_ = {net::Reason::kFailed, target_.place.failed};
    end_poll();
    return;
  }
  deadline = patience(deadline);
  set_deadline(deadline);
  if (target_.url.tls) {
    half_time_.expires_at(began_ + (deadline - began_) / 2);
    half_time_.async_wait([self = weak_from_this()](const error_code& code) {
      if (const auto poller = self.lock(); poller && !code) poller->doubt_tls();
    });
  }
  if (connection_ != nullptr && has_moved()) drop_connection();
  if (connection_ == nullptr) {
    connect();
    return;
  }
  if (!greeted_) {
    greet();
    return;
  }
  if (planned_for_ != plan_key(server_)) make_plan();
  send_round(plan_, plan_bytes_);
}

// Whether the name stands for other servers now: that is how those of a managed service fail over.
bool Poller::has_moved() {
  if (target_.url.is_unix()) return false;
  const auto peer = connection_->peer_address();
  if (!peer || resolver_.still_has(target_.url.host, *peer).value_or(true)) return false;
  log_.info("the name of a target leads elsewhere now, it is connected to anew",
            {{"target", target_.name()}, {"former", peer->to_string()}});
  return true;
}

void Poller::connect() {
  drop_connection();
  opened_now_ = true;
  greeted_ = false;
  unavailable_.clear();
  server_ = {};
  planned_for_.clear();
  round_ = {};
  next_reply_ = 0;
  sent_at_ = Clock::now();
  recorder_.opens(sent_at_);
  connection_ = std::make_shared<Connection>(executor_, resolver_, tls_contexts_);
  // Callbacks hold the poller weakly: the connection is the poller's, not the reverse.
  const auto self = weak_from_this();
  connection_->open(target_.url, target_.tls,
                    {.opened =
                         [self] {
                           if (const auto poller = self.lock()) poller->on_opened();
                         },
                     .reply =
                         [self](const Reply& reply) {
                           if (const auto poller = self.lock()) poller->on_reply(reply);
                         },
                     .closed =
                         [self](const net::Error& error) {
                           if (const auto poller = self.lock()) poller->on_closed(error);
                         },
                     .heard =
                         [self] {
                           if (const auto poller = self.lock()) poller->on_heard();
                         }},
                    {.slots = slots_,
                     .lane = hung_ ? ConnectSlots::Lane::kHanging : ConnectSlots::Lane::kPrompt,
                     .attempt = connect_time_.limit()});
}

void Poller::on_opened() {
  opened_at_ = Clock::now();
  hung_ = false;
  const Connection::Steps& steps = connection_->steps();
  if (steps.given_up > 0) connect_time_.timed_out();
  if (steps.connected && steps.attempted) {
    connect_time_.measured(*steps.connected - *steps.attempted);
  }
  if (target_.url.tls) on_heard();
  connect_seconds_ = to_seconds(opened_at_ - sent_at_);
  recorder_.opening(*connection_);
  if (!only_reopening_) {
    greet();
    return;
  }
  // The server is there; its figures can wait.
  polling_ = false;
  deadline_.cancel();
  half_time_.cancel();
  schedule_next();
}

void Poller::greet() {
  greeted_ = true;
  greeting_ = true;
  handshake_.clear();
  auto auth = auth_command(target_);
  if (!auth) {
    fail_poll(std::move(auth.error()));
    return;
  }
  if (!auth->empty()) handshake_.push_back(simple_request(kAuth, *std::move(auth)));
  if (options_.collect.ping) {
    Request ping = simple_request(kPing, {"PING"});
    ping.read = [this](const Reply&, Collection&) {
      ping_seconds_ = to_seconds(Clock::now() - sent_at_);
    };
    handshake_.push_back(std::move(ping));
  }
  if (options_.collect.set_client_name) {
    handshake_.push_back(simple_request(kClientName, {"CLIENT", "SETNAME", "hitwatch"}));
  }
  handshake_.push_back(info_request(options_.collect));
  send_round(handshake_, encode(handshake_));
}

void Poller::send_round(std::span<const Request> round, std::string bytes) {
  round_ = round;
  next_reply_ = 0;
  ++rounds_;
  sent_at_ = Clock::now();
  const bool with_info = rounds_ == 1 || (!round_.empty() && round_.front().collector == kInfo);
  recorder_.sent(sent_at_, round_.size(), with_info);
  connection_->send(std::move(bytes));
}

void Poller::on_reply(const Reply& reply) {
  if (!polling_ || next_reply_ >= round_.size()) {
    // Nobody asked: a farewell such as "-ERR max number of clients reached", or nonsense.
    const net::Reason reason =
        reply.is_error() ? classify_error(reply.text) : net::Reason::kProtocol;
    connection_->close();
    on_closed({reason, reply.is_error() ? reply.text
                                        : std::string("the server sent a reply nobody asked for")});
    return;
  }
  if (greeting_ && rounds_ == 1 && next_reply_ == 0) reply_time_.measured(Clock::now() - sent_at_);
  const Request& request = round_[next_reply_++];
  recorder_.replied(request.collector == kAuth, next_reply_ == round_.size());
  if (reply.is_error()) {
    if (!on_error_reply(request, reply.text)) return;
  } else {
    read_reply(request, reply);
    have_info_ = have_info_ || request.collector == kInfo;
  }
  if (next_reply_ == round_.size()) on_round_done();
}

void Poller::read_reply(const Request& request, const Reply& reply) {
  if (recorder_.recording() == nullptr) {
    request.read(reply, collection());
    return;
  }
  const Clock::time_point began = Clock::now();
  request.read(reply, collection());
  recorder_.read(Clock::now() - began);
}

bool Poller::on_error_reply(const Request& request, const std::string& text) {
  const net::Reason reason = classify_error(text);
  const bool essential = request.collector == kInfo || request.collector == kAuth ||
                         reason == net::Reason::kMaxClients;
  if (reason == net::Reason::kAuth && request.collector == kInfo && !opened_now_) {
    // The login has lapsed, as that by a token does: whoever comes anew has what counts now.
    connection_->close();
    on_closed({reason, text});
    return false;
  }
  if (essential) {
    fail_poll(request.collector == kAuth ? auth_error(text, request.args)
                                         : net::Error{reason, text});
    return false;
  }
  if (is_refusal(text)) {
    if (unavailable_.try_emplace(request.collector, text).second) {
      log_.info("the server refuses a command, going on without it",
                {{"target", target_.name()}, {"collector", request.collector}, {"answer", text}});
      planned_for_.clear();
    }
    return true;
  }
  if (request.reads_errors) {
    request.read({.kind = Reply::Kind::kError, .integer = 0, .text = text, .elements = {}},
                 collection());
    return true;
  }
  // PING may be answered with -LOADING or -MASTERDOWN while INFO is not.
  if (error_.reason == net::Reason::kNone) error_ = {reason, text};
  return true;
}

void Poller::on_round_done() {
  if (greeting_ && rounds_ == 1) {
    make_plan();
    if (plan_.size() > 1) {
      send_round(std::span<const Request>(plan_).subspan(1), plan_bytes_.substr(info_bytes_));
      return;
    }
  }
  std::vector<Request> wanted = std::move(collection().follow_up);
  collection().follow_up.clear();
  std::erase_if(wanted, [this](const Request& r) { return unavailable_.contains(r.collector); });
  if (wanted.empty() || rounds_ >= kMostRounds) {
    end_poll();
    return;
  }
  follow_up_ = std::move(wanted);
  send_round(follow_up_, encode(follow_up_));
}

void Poller::make_plan() {
  plan_.clear();
  plan_.push_back(info_request(options_.collect));
  plan_bytes_ = encode(plan_);
  info_bytes_ = plan_bytes_.size();
  for (Request& request : plan(server_, options_.collect)) {
    if (unavailable_.contains(request.collector)) continue;
    append_command(plan_bytes_, request.args);
    plan_.push_back(std::move(request));
  }
  planned_for_ = plan_key(server_);
}

void Poller::on_closed(const net::Error& error) {
  if (connection_ != nullptr) recorder_.opening(*connection_);
  const bool unheard = connection_ != nullptr && !connection_->heard();
  if (unheard) hung_ = false;
  connection_ = nullptr;
  if (stopped_) return;
  if (!polling_) {
    on_lost(error);
  } else if (!opened_now_) {
    // It broke since the last poll, or while answering: a restarted server deserves one more try.
    builder_.begin();
    collection().follow_up.clear();
    have_info_ = false;
    rounds_ = 0;
    connect();
  } else if (unheard && error.reason == net::Reason::kReset && !target_.url.tls &&
             !target_.url.is_unix()) {
    // A TLS server closes on a plain client without a word.
    probe(true, [this, error](bool speaks) {
      fail_poll(speaks ? net::Error{net::Reason::kTls,
                                    "the port speaks TLS: use a rediss:// or valkeys:// URL"}
                       : error);
    });
  } else {
    fail_poll(error);
  }
}

void Poller::on_lost(const net::Error& error) {
  log_.debug("the kept connection was lost", {{"target", target_.name()}, {"error", error.text}});
  lost_ = true;
  const auto now = Clock::now();
  if (options_.on_scrape) {
    // Once: who is not scraped any more should not be reopened for ever.
    if (greeted_) begin_poll(now + options_.timeout, Aim::kReopen);
  } else if (loss_pace_.next() <= now) {
    begin_poll(now + options_.timeout);
  } else if (now - opened_at_ >= kLastingConnection) {
    begin_poll(now + options_.timeout, Aim::kReopen);
  } else {
    schedule_next();
  }
}

// Asks, on a connection of its own and telling nothing of ours, whether the port speaks TLS or
// plain Redis, so that the error can say which of the two the URL should name.
void Poller::probe(bool tls, std::function<void(bool speaks)> verdict) {
  net::RedisUrl url = target_.url;
  url.tls = tls;
  net::TlsOptions options;
  options.insecure_skip_verify = true;
  probe_ = std::make_shared<Connection>(executor_, resolver_, tls_contexts_);
  const auto tell = [self = weak_from_this(), verdict = std::move(verdict)](bool speaks) {
    if (const auto poller = self.lock(); poller && poller->polling_) verdict(speaks);
  };
  const std::weak_ptr<Connection> probe = probe_;
  probe_->open(url, options,
               {.opened =
                    [probe, tls, tell] {
                      if (tls) {
                        tell(true);
                      } else if (const auto connection = probe.lock()) {
                        connection->send("*1\r\n$4\r\nPING\r\n");
                      }
                    },
                .reply = [tell](const Reply&) { tell(true); },
                .closed = [tell](const net::Error&) { tell(false); }});
}

// Redis does not answer the first message of TLS on a plain port: it waits for the end of a line.
void Poller::doubt_tls() {
  if (!polling_ || connection_ == nullptr ||
      connection_->state() != Connection::State::kHandshaking) {
    return;
  }
  probe(false, [this](bool speaks) {
    if (!speaks) return;
    fail_poll({net::Reason::kTls,
               "the port speaks plain Redis, not TLS: use a redis:// or valkey:// URL"});
  });
}

void Poller::on_deadline() {
  using State = Connection::State;
  std::string what = "the server did not answer in time";
  if (connection_ != nullptr && connection_->state() == State::kWaiting) {
    what = "too many other connections were being made";
  } else if (connection_ != nullptr && connection_->state() != State::kReady) {
    what = "the connection could not be made in time";
    hung_ = connection_->state() != State::kResolving;
    if (hung_) connect_time_.timed_out();
  } else if (have_info_) {
    what = fmt::format("{} was not answered in time",
                       next_reply_ < round_.size() ? round_[next_reply_].collector : "a command");
  }
  fail_poll({net::Reason::kTimeout, std::move(what)});
}

// Replies are outstanding or cannot be trusted: the connection goes. What was read before stays.
void Poller::fail_poll(net::Error error) {
  if (connection_ != nullptr) recorder_.opening(*connection_);
  drop_connection();
  error_ = std::move(error);
  // Only a timeout leaves a partial poll; a lost or refusing server has no present figures.
  if (error_.reason != net::Reason::kTimeout) have_info_ = false;
  end_poll();
}

void Poller::end_poll() {
  deadline_.cancel();
  half_time_.cancel();
  polling_ = false;
  const Clock::duration took = Clock::now() - began_;
  ++polls_;
  seconds_polling_ += to_seconds(took);
  if (have_info_) {
    finish_collection(collection());
    if (server_.loading && error_.reason == net::Reason::kNone) {
      error_ = {net::Reason::kLoading, "the server is loading its data set"};
    }
  } else {
    builder_.begin();
  }
  if (lost_ && have_info_) loss_pace_.was_well();
  add_own_samples(took);
  publish(took);
  lost_ = false;
  rest();
  schedule_next();
  const auto waiting = std::move(waiting_);
  waiting_.clear();
  for (const auto& done : waiting) done();
}

// What only polls need goes: thousands of targets are not polled most of the time.
void Poller::rest() {
  round_ = {};
  handshake_ = std::vector<Request>();
  follow_up_ = std::vector<Request>();
  collection_ = nullptr;
  if (connection_ != nullptr) connection_->rest();
}

void Poller::add_own_samples(Clock::duration took) {
  const auto add = [&](Metric metric, double value,
                       metrics::Suffix suffix = metrics::Suffix::kNone) {
    builder_.add(families_[metric], value, {}, suffix);
  };
  const bool failed = error_.reason != net::Reason::kNone;
  add(Metric::kUp, have_info_ ? 1 : 0);
  builder_.add(families_[Metric::kExporterLastScrapeError], failed ? 1 : 0,
               {{"err", net::reason_word(error_.reason)}});
  add(Metric::kExporterLastScrapeDuration, to_seconds(took));
  builder_.add(families_[Metric::kExporterLastScrapeConnectTime], connect_seconds_, {},
               metrics::Suffix::kNone, false);
  if (options_.collect.ping) {
    builder_.add(families_[Metric::kExporterLastScrapePingTime], ping_seconds_, {},
                 metrics::Suffix::kNone, false);
  }
  add(Metric::kExporterScrapesTotal, static_cast<double>(polls_));
  add(Metric::kExporterScrapeDuration, seconds_polling_, metrics::Suffix::kSum);
  add(Metric::kExporterScrapeDuration, static_cast<double>(polls_), metrics::Suffix::kCount);
  for (const auto& [collector, answer] : unavailable_) {
    builder_.add(families_[Metric::kCollectorUnavailable], 1, {{"collector", collector}});
  }
}

void Poller::publish(Clock::duration took) {
  // Who polls when scraped would rather see the figures of a moment ago, with their age, than none.
  const bool stand_in = options_.on_scrape && error_.reason == net::Reason::kTimeout &&
                        last_good_ != nullptr && began_ - last_good_->data_from < kStandIn;
  if (stand_in) builder_.carry_over(*last_good_);
  auto snapshot = builder_.finish();
  snapshot->taken_steady = began_;
  snapshot->taken = collection().now;
  snapshot->role = server_.role;
  if (have_info_) {
    snapshot->data_from = began_;
  } else if (last_good_ != nullptr) {
    snapshot->data_from = last_good_->data_from;
    if (stand_in) snapshot->role = last_good_->role;
  }
  if (have_info_) last_good_ = snapshot;

  auto state = std::make_shared<TargetState>();
  state->up = have_info_;
  state->error = error_;
  state->last_poll = collection().now;
  state->last_duration = took;
  state->lateness = late_by_;
  state->unavailable = unavailable_;
  state->series_dropped = builder_.dropped();
  if (have_info_) {
    state->version = server_.version;
    state->role = server_.role;
    state->mode = server_.mode;
    state->keyspace_hits = remembered_.lookups.hits.of_applications;
    state->keyspace_misses = remembered_.lookups.misses.of_applications;
    state->keys = server_.total_keys;
    state->run_id = server_.run_id;
    state->used_memory = server_.used_memory;
    state->ops_per_second = server_.ops_per_second;
    state->cluster_epoch = server_.cluster_epoch;
    state->cluster_slots_ok = server_.cluster_slots_ok;
    state->cluster_nodes = server_.cluster_nodes;
    state->replication = std::make_shared<const Replication>(std::move(server_.replication));
  }
  if (connection_ != nullptr) state->peer = connection_->peer();
  auto record = recorder_.end(state->peer);
  auto changes = changes_.next(server_now(*state));
  log_change(*state);
  publish_({std::move(snapshot), std::move(state), std::move(record), slow_commands(),
            std::move(changes)});
}

std::shared_ptr<const SlowCommands> Poller::slow_commands() {
  if (collection().slow.empty()) return nullptr;
  return std::make_shared<const SlowCommands>(
      server_.run_id.empty() ? target_.name() : server_.run_id, std::move(collection().slow));
}

// What may have changed since the poll before.
PolledServer Poller::server_now(const TargetState& state) const {
  PolledServer now;
  now.up = state.up;
  now.reason = net::reason_word(state.error.reason);
  now.reconnected = lost_ || opened_now_;
  now.run_id = server_.run_id;
  now.role = server_.role;
  if (!server_.master_host.empty()) {
    now.master = fmt::format("{}:{}", server_.master_host, server_.master_port);
  }
  return now;
}

void Poller::log_change(const TargetState& state) {
  const bool same =
      published_once_ && state.up == published_.up && state.error.reason == published_.error.reason;
  published_ = state;
  published_once_ = true;
  if (same) return;
  const std::string name = target_.name();
  if (!state.up) {
    log_.warn("target is down", {{"target", name},
                                 {"address", target_.url.redacted()},
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

void Poller::schedule_next() {
  if (options_.on_scrape && !again_) {
    schedule_.cancel();
    return;
  }
  poll_after(until_next_poll());
}

void Poller::poll_after(Clock::duration delay) {
  schedule_.expires_after(delay);
  schedule_.async_wait([self = weak_from_this()](const error_code& code) {
    const auto poller = self.lock();
    if (!poller || code || poller->stopped_ || poller->polling_) return;
    const auto now = Clock::now();
    const Clock::duration late_by = now - poller->schedule_.expiry();
    poller->begin_poll(now + poller->options_.timeout);
    poller->late_by_ = late_by;
  });
}

Poller::Clock::duration Poller::until_next_poll() {
  if (again_) return {};
  const auto now = Clock::now();
  const Clock::duration regular = until_tick(now, options_.interval, target_.name());
  if (lost_) return std::clamp<Clock::duration>(loss_pace_.next() - now, {}, regular);
  if (is_held_for_failed()) return regular;
  if (connection_ == nullptr) {
    return std::min<Clock::duration>(options_.interval, backoff_.next());
  }
  backoff_.reset();
  return regular;
}

void Poller::drop_connection() {
  if (connection_ != nullptr) connection_->close();
  connection_ = nullptr;
  if (probe_ != nullptr) probe_->close();
  probe_ = nullptr;
}

}  // namespace hitwatch::redis
