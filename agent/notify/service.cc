#include "agent/notify/service.h"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <random>

#include "agent/json_response.h"
#include "agent/net/rfc3339.h"
#include "agent/notify/api.h"
#include "agent/notify/delivery_span.h"
#include "agent/notify/http_settings.h"
#include "agent/version.h"

namespace hitwatch::notify {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// Of a request to a receiver whose settings give no other.
constexpr milliseconds kSendTimeout{30'000};
// Time intervals begin and end at full minutes; silences say themselves when they do.
constexpr std::int64_t kMuteCheck = 15'000;
constexpr const char* kSequence = "sequence";
constexpr const char* kTakenKey = "transition";

std::int64_t clock_now() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string make_message_id() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::string id = "msg_";
  for (const unsigned char byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

std::vector<Destination> destinations_of(const Settings& settings) {
  std::vector<Destination> destinations;
  for (const Receiver& receiver : settings.receivers) {
    std::map<std::string, std::size_t, std::less<>> counts;
    for (const Integration& integration : receiver.integrations) {
      const std::string name(integration.name());
      destinations.push_back({receiver.name, name, counts[name]++});
    }
  }
  return destinations;
}

const Integration* find_integration(const Settings& settings, const Destination& destination) {
  const Receiver* receiver = settings.receiver(destination.receiver);
  if (receiver == nullptr) return nullptr;
  std::size_t index = 0;
  for (const Integration& integration : receiver->integrations) {
    if (integration.name() != destination.integration) continue;
    if (index++ == destination.index) return &integration;
  }
  return nullptr;
}

}  // namespace

Service::Service(Parts parts)
    : parts_(std::move(parts)),
      loop_(std::make_unique<asio::io_context>(1)),
      timer_(*loop_),
      resolver_(loop_->get_executor()),
      deaths_(parts_.log),
      troubles_(parts_.log),
      figures_(std::make_shared<const Figures>()) {}

Service::~Service() { stop(); }

void Service::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "hitwatch-notify");
    const auto guard = asio::make_work_guard(*loop_);
    loop_->run();
  });
}

void Service::stop() {
  if (!thread_.joinable()) return;
  asio::post(*loop_, [this] {
    commit();
    deaths_.flush_all();
    loop_->stop();
  });
  thread_.join();
}

void Service::configure(Configuration configuration) {
  asio::post(*loop_, [this, configuration = std::move(configuration)]() mutable {
    apply(std::move(configuration));
  });
}

void Service::take(std::vector<Change> changes) {
  asio::post(*loop_, [this, changes = std::move(changes)] {
    std::vector<Alert> alerts;
    for (const Change& change : changes) {
      // The daemon before may have ended before it could say that it had taken it.
      if (change.number != 0 && change.number <= taken_) continue;
      taken_ = std::max(taken_, change.number);
      if (change.alert) alerts.push_back(*change.alert);
    }
    map_->put(kSequence, kTakenKey, std::to_string(taken_));
    accept(alerts, clock_now());
    pump();
  });
}

void Service::reconcile(std::vector<Alert> firing) {
  asio::post(*loop_, [this, firing = std::move(firing)] {
    const std::int64_t now = clock_now();
    std::set<std::string> known;
    for (const Alert& alert : firing) known.insert(fingerprint(alert.labels));
    std::vector<Alert> ended;
    for (const Dispatcher::AlertView& view : dispatcher_->alerts(now)) {
      // Those that others have sent end by themselves.
      if (view.alert->ends_at || known.contains(view.fingerprint)) continue;
      ended.push_back(*view.alert);
      ended.back().ends_at = now;
      // No evaluation has ended it.
      std::erase_if(ended.back().annotations,
                    [](const metrics::Label& one) { return one.name == "trace_id"; });
    }
    accept(ended, now);
    accept(firing, now);
    pump();
  });
}

void Service::missing_data(std::map<std::string, std::int64_t> since) {
  asio::post(*loop_,
             [this, since = std::move(since)]() mutable { missing_since_ = std::move(since); });
}

void Service::answer(const web::Request& request, web::Reply reply) {
  asio::post(*loop_, [this, request, reply = std::move(reply)] {
    const std::int64_t now = clock_now();
    ApiParts parts{.dispatcher = *dispatcher_,
                   .silences = *silences_,
                   .outbox = *outbox_,
                   .settings = *configuration_.settings,
                   .take = [this, now](const std::vector<Alert>& alerts) { accept(alerts, now); },
                   .admin_api = configuration_.admin_api,
                   .started_at = started_at_};
    ApiAnswer answer = answer_api(request, parts, now);
    if (answer.silences_changed) next_mute_check_ = 0;
    if (answer.changed) pump();
    reply(std::move(answer.response));
  });
}

std::vector<prometheus::MetricFamily> Service::metrics() const {
  std::shared_ptr<const Figures> figures;
  {
    const std::scoped_lock lock(figures_mutex_);
    figures = figures_;
  }
  return notification_metrics(*figures);
}

void Service::open() {
  const std::int64_t now = clock_now();
  started_at_ = now;
  std::error_code ignored;
  DurableMap::Options options;
  options.max_bytes = parts_.state_bytes;
  map_ = std::make_unique<DurableMap>(parts_.state_folder + "/notify.db", options);
  if (!std::filesystem::is_directory(parts_.state_folder, ignored)) {
    parts_.log.warn("there is no folder for notifications: a restart forgets those not yet sent",
                    {{"storage.path", parts_.state_folder}});
    failing_ = true;
  } else if (auto opened = map_->open(now); !opened) {
    parts_.log.error("notifications are kept in memory only", {{"reason", opened.error()}});
    failing_ = true;
  }
  report_set_aside();
  if (const std::string* taken = map_->find(kSequence, kTakenKey)) {
    taken_ = reported_ = std::strtoll(taken->c_str(), nullptr, 10);
  }
  silences_ = std::make_unique<Silences>(*map_);
  outbox_ = std::make_unique<Outbox>(*map_, Outbox::Options{}, std::random_device()());
  outbox_->on_death([this](const Outbox::Entry& dead) { deaths_.note(dead, dead.died_at); });
  dispatcher_ = std::make_unique<Dispatcher>(
      Dispatcher::Parts{.map = *map_,
                        .muted = [this](const Alert& alert, const Route& route,
                                        std::int64_t time) { return muted(alert, route, time); },
                        .make_id = make_message_id},
      Dispatcher::Options{});
}

void Service::apply(Configuration configuration) {
  const bool first = map_ == nullptr;
  configuration_ = std::move(configuration);
  if (first) open();
  const std::int64_t now = clock_now();
  const Settings& settings = *configuration_.settings;
  inhibition_ = std::make_unique<Inhibition>(settings.inhibit_rules);
  outbox_->set_max_age(settings.max_age);
  const std::vector<Destination> destinations = destinations_of(settings);
  outbox_->set_destinations(destinations, now);
  troubles_.keep(destinations);
  dispatcher_->configure(configuration_.settings, now);
  apply_peers();
  for (const Dispatcher::AlertView& view : dispatcher_->alerts(now)) note(*view.alert, now);
  dispatcher_->mutes_changed(now);
  pump();
}

// An Alertmanager that stays keeps what it was told.
void Service::apply_peers() {
  std::vector<std::shared_ptr<Peer>> peers;
  for (const AlertmanagerPeer& settings : configuration_.settings->alertmanagers) {
    const auto known = std::ranges::find_if(
        peers_, [&](const auto& peer) { return peer->settings.url == settings.url; });
    if (known == peers_.end()) {
      peers.push_back(std::make_shared<Peer>(settings, PeerState{}));
    } else {
      (*known)->settings = settings;
      peers.push_back(*known);
    }
  }
  peers_ = std::move(peers);
}

void Service::accept(const std::vector<Alert>& alerts, std::int64_t now) {
  if (alerts.empty()) return;
  notice_ends(now);  // before the dispatcher forgets those that nobody is told of
  dispatcher_->take(alerts, now);
  for (const Alert& alert : alerts) note(alert, now);
}

void Service::note(const Alert& alert, std::int64_t now) {
  const std::string print = fingerprint(alert.labels);
  if (inhibition_->note(print, alert.labels, !alert.resolved(now))) next_mute_check_ = 0;
  if (alert.ends_at && *alert.ends_at > now) ends_.emplace(*alert.ends_at, print);
  for (const auto& peer : peers_) peer->state.note(print, alert, now);
}

// Alerts that were sent by others end when they said so, unless they have said otherwise since.
void Service::notice_ends(std::int64_t now) {
  bool ended = false;
  while (!ends_.empty() && ends_.begin()->first <= now) {
    ended = true;
    ends_.erase(ends_.begin());
  }
  if (!ended) return;
  for (const Dispatcher::AlertView& view : dispatcher_->alerts(now)) {
    if (view.alert->resolved(now) &&
        inhibition_->note(view.fingerprint, view.alert->labels, false)) {
      next_mute_check_ = 0;
    }
  }
}

Muted Service::muted(const Alert& alert, const Route& route, std::int64_t now) const {
  return {.silenced_by = silences_->silencing(alert.labels, now),
          .inhibited_by = inhibition_->inhibiting(alert.labels),
          .muted_by = closed_by(*configuration_.settings, route, now)};
}

void Service::pump_soon() {
  if (pumping_soon_) return;
  pumping_soon_ = true;
  asio::post(*loop_, [this] {
    pumping_soon_ = false;
    pump();
  });
}

// A day that never passed makes no message too old.
std::int64_t Service::time_now() {
  const std::int64_t now = clock_now();
  const auto steady =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
  const std::int64_t jump = clock_jump_.since_last(now, steady.count());
  if (jump == 0) return now;
  parts_.log.warn("the system's clock was set; messages that wait are as old as before",
                  {{"by_seconds", fmt::to_string(jump / 1000)}});
  outbox_->clock_jumped(jump, now);
  return now;
}

void Service::pump() {
  const std::int64_t now = time_now();
  notice_ends(now);
  if (now >= next_mute_check_ || now < next_mute_check_ - kMuteCheck) {
    silences_->trim(now);
    active_silences_ = static_cast<std::size_t>(std::ranges::count_if(
        silences_->all(now),
        [now](const Silence* silence) { return silence->state(now) == Silence::State::kActive; }));
    dispatcher_->mutes_changed(now);
    const std::int64_t change = silences_->next_change(now);
    next_mute_check_ = change > now ? std::min(now + kMuteCheck, change) : now + kMuteCheck;
  }
  for (Message& message : dispatcher_->flush(now)) {
    mark_missing(message);
    outbox_->add(std::move(message), now);
  }
  const std::vector<const Message*> due = outbox_->take_due(now);
  commit();
  for (const Message* message : due) send(*message, now);
  send_to_peers(now);
  deaths_.flush(now);
  plan(now);
  publish();
}

// Whoever reported a change may forget it once it is on the disk, or if there is none.
void Service::commit() {
  if (map_ == nullptr) return;
  const auto committed = map_->commit();
  if (!committed && !failing_) {
    parts_.log.error("notifications cannot be stored and go out from memory",
                     {{"reason", committed.error()}});
  } else if (committed && failing_) {
    parts_.log.info("notifications are stored again");
  }
  failing_ = !committed;
  report_set_aside();
  if (taken_ == reported_ || !parts_.taken) return;
  reported_ = taken_;
  parts_.taken(taken_);
}

void Service::report_set_aside() {
  if (map_->set_asides() == set_asides_) return;
  set_asides_ = map_->set_asides();
  parts_.log.error(
      "the file of notifications cannot be used and was set aside",
      {{"file", map_->last_set_aside().set_aside}, {"reason", map_->last_set_aside().reason}});
}

void Service::mark_missing(Message& message) const {
  if (missing_since_.empty()) return;
  for (MessageAlert& one : message.alerts) {
    const auto since = missing_since_.find(std::string(label_value(one.alert.labels, "instance")));
    if (!one.firing || since == missing_since_.end()) continue;
    one.alert.annotations.push_back({"data_missing_since", net::format_rfc3339(since->second)});
    std::ranges::sort(one.alert.annotations, {}, &metrics::Label::name);
  }
}

void Service::send(const Message& message, std::int64_t now) {
  const std::string id = message.id;
  const std::shared_ptr<const Settings> settings = configuration_.settings;
  const Integration* integration = find_integration(*settings, message.destination);
  DeliverySpan span(parts_.tracer, message);
  span.set_attempt(outbox_->attempts(id));
  std::expected<Delivery, std::string> delivery = std::unexpected("its receiver is no more");
  if (integration != nullptr) {
    delivery =
        render(*integration, message, *configuration_.templates, configuration_.external_url, now);
  }
  if (!delivery) {
    const Verdict verdict{
        .kind = Verdict::Kind::kRetry, .reason = delivery.error(), .retry_after = {}};
    span.end(parts_.tracer, nullptr, verdict);
    asio::post(*loop_, [this, id, to = message.destination, verdict] { finish(id, to, verdict); });
    return;
  }
  span.set_server(delivery->request.url);
  span.add_header(delivery->request);
  if (!delivery->template_error.empty()) {
    ++template_failures_;
    parts_.log.error(
        "a template failed and the message went out plain",
        {{"receiver", message.destination.text()}, {"error", delivery->template_error}});
  }
  truncated_alerts_ += delivery->truncated_alerts;
  const milliseconds timeout =
      delivery->timeout.count() > 0 ? delivery->timeout : milliseconds(kSendTimeout);
  net::http_request(
      loop_->get_executor(), resolver_, tls_contexts_, std::move(delivery->request),
      std::chrono::steady_clock::now() + timeout,
      [this, id, to = message.destination, settings, integration,
       span = std::move(span)](const std::expected<net::HttpResponse, net::Error>& answer) mutable {
        const Verdict verdict = judge(*integration, answer, clock_now());
        span.end(parts_.tracer, answer ? &*answer : nullptr, verdict);
        finish(id, to, verdict);
      });
}

void Service::finish(const std::string& id, const Destination& to, const Verdict& verdict) {
  troubles_.note(to, verdict);
  outbox_->done(id, verdict, time_now());
  pump_soon();
}

void Service::send_to_peers(std::int64_t now) {
  for (const auto& peer : peers_) send_to(*peer, now);
}

void Service::send_to(Peer& peer, std::int64_t now) {
  auto batch = peer.state.take(now, configuration_.evaluation_interval.count());
  if (!batch) return;
  net::HttpRequest request;
  request.url = peer.settings.url;
  request.url.target += "/api/v2/alerts";
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"},
                     {"User-Agent", fmt::format("hitwatch/{}", kVersion)}};
  request.body = std::move(batch->body);
  request.cut_body = true;
  DeliverySpan span(parts_.tracer, batch->alerts);
  span.set_server(request.url);
  if (const auto applied = notify::apply(peer.settings.http, request); !applied) {
    const Verdict verdict{
        .kind = Verdict::Kind::kRetry, .reason = applied.error(), .retry_after = {}};
    span.end(parts_.tracer, nullptr, verdict);
    peer.state.done(*batch, verdict, now);
    return;
  }
  span.add_header(request);
  const auto deadline = std::chrono::steady_clock::now() + peer.settings.timeout;
  const auto kept = std::ranges::find(peers_, &peer, [](const auto& one) { return one.get(); });
  net::http_request(
      loop_->get_executor(), resolver_, tls_contexts_, std::move(request), deadline,
      [this, peer = *kept, batch = *std::move(batch),
       span = std::move(span)](const std::expected<net::HttpResponse, net::Error>& answer) mutable {
        // It answers as a webhook does.
        const Integration like_webhook{.http = peer->settings.http, .kind = WebhookSettings{}};
        const std::int64_t time = clock_now();
        const Verdict verdict = judge(like_webhook, answer, time);
        span.end(parts_.tracer, answer ? &*answer : nullptr, verdict);
        peer->state.done(batch, verdict, time);
        pump_soon();
      });
}

void Service::plan(std::int64_t now) {
  std::int64_t next = next_mute_check_;
  const auto consider = [&next](std::optional<std::int64_t> time) {
    if (time) next = std::min(next, *time);
  };
  consider(dispatcher_->next());
  consider(outbox_->next());
  if (!ends_.empty()) consider(ends_.begin()->first);
  for (const auto& peer : peers_) consider(peer->state.next());
  // The system's clock may be set meanwhile.
  timer_.expires_after(milliseconds(std::clamp<std::int64_t>(next - now, 1, 1000)));
  timer_.async_wait([this](const boost::system::error_code& code) {
    if (!code) pump();
  });
}

void Service::publish() {
  auto figures = std::make_shared<Figures>();
  figures->time = clock_now();
  figures->destinations = outbox_->counters();
  for (const auto& peer : peers_) {
    figures->alertmanagers.push_back(
        {peer->settings.url.address(), peer->state.sent(), peer->state.failed()});
  }
  const Dispatcher::Counters& counters = dispatcher_->counters();
  figures->alerts = dispatcher_->size();
  figures->changes_waiting = dispatcher_->waiting();
  figures->silences_active = active_silences_;
  figures->alerts_dropped = counters.alerts_dropped;
  figures->alerts_truncated = truncated_alerts_;
  figures->changes_collapsed = counters.changes_collapsed;
  figures->template_failures = template_failures_;
  figures->unreadable = counters.unreadable + outbox_->unreadable() + silences_->unreadable();
  figures->writes = map_->commits();
  figures->behind = map_->behind();
  figures->set_asides = set_asides_;
  const std::scoped_lock lock(figures_mutex_);
  figures_ = std::move(figures);
}

}  // namespace hitwatch::notify
