#include "collectors/apps/stats_endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "agent/net/http_client.h"
#include "agent/net/http_words.h"

namespace hitwatch::apps {
namespace {

namespace asio = boost::asio;
using net::Error;
using net::Reason;
using Clock = std::chrono::steady_clock;
using lookups::Outcome;

constexpr std::chrono::milliseconds kMostWait{5'000};
// Endpoints that were dropped and whose totals are remembered, should they come back.
constexpr std::size_t kMostRemembered = 10'000;

// What makes two entries the same numbers of the same application.
std::string identity_of(const StatsEndpoint& endpoint) {
  return fmt::format("{}\n{}\n{}", endpoint.url, endpoint.hits, endpoint.misses);
}

// For logs and states: a query may hold a key to the application.
std::string without_query(const std::string& url) { return url.substr(0, url.find('?')); }

Error status_error(int status) {
  if (status >= 300 && status < 400) {
    return {Reason::kError,
            fmt::format("answered {}, a redirect; give the URL that it leads to", status)};
  }
  if (status == 401 || status == 403) {
    return {Reason::kAuth, fmt::format("answered {}: the token is missing or wrong", status)};
  }
  return {Reason::kError, fmt::format("answered {}, not 200", status)};
}

std::expected<EndpointTotals, Error> read_answer(
    const std::expected<net::HttpResponse, Error>& answer, const StatsEndpoint& endpoint) {
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) return std::unexpected(status_error(answer->status));
  constexpr std::string_view kHtml = "text/html";
  const std::string_view type = std::string_view(answer->content_type).substr(0, kHtml.size());
  if (net::equal_ignoring_case(type, kHtml)) {
    return std::unexpected(Error{Reason::kProtocol, "answered text/html, not JSON"});
  }
  return read_totals(answer->body, endpoint);
}

void count_all(lookups::Store::Recorder& recorder, const lookups::Subject& subject, Outcome outcome,
               double grown) {
  while (grown > 0) {
    const double weight = std::min(grown, lookups::kMaxWeight);
    recorder.count(subject, lookups::Source::kStatsEndpoint, outcome, weight);
    grown -= weight;
  }
}

void record(lookups::Store& store, const StatsEndpoint& endpoint,
            const std::optional<EndpointTotals>& before, const EndpointTotals& now) {
  const lookups::Subject subject{.tenant = endpoint.tenant,
                                 .type = endpoint.type,
                                 .key = {},
                                 .operation = {},
                                 .layer = endpoint.layer};
  auto recorder = store.record();
  if (!before) {
    recorder.count_past(subject, lookups::Source::kStatsEndpoint, now.hits, now.misses);
    return;
  }
  // Both start at 0 together, though only one may be seen to fall.
  const bool restarted = now.hits < before->hits || now.misses < before->misses;
  const EndpointTotals base = restarted ? EndpointTotals{0, 0} : *before;
  count_all(recorder, subject, Outcome::kHit, now.hits - base.hits);
  count_all(recorder, subject, Outcome::kMiss, now.misses - base.misses);
}

}  // namespace

class StatsEndpoints::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, net::Resolver& resolver, net::TlsContexts& tls_contexts,
       lookups::Store& store, log::Log& log)
      : executor_(std::move(executor)),
        resolver_(resolver),
        tls_contexts_(tls_contexts),
        store_(store),
        log_(log) {}

  void update(std::vector<StatsEndpoint> wanted);
  void stop();
  std::vector<State> states() const;

 private:
  struct Watched {
    Watched(StatsEndpoint the_wanted, const asio::any_io_executor& executor)
        : wanted(std::move(the_wanted)), timer(executor) {
      state.url = without_query(wanted.url);
    }

    StatsEndpoint wanted;
    asio::steady_timer timer;
    Clock::time_point started;  // the last poll
    bool in_flight = false;
    bool dropped = false;
    std::optional<EndpointTotals> totals;  // as last counted
    State state;
  };
  using Entry = std::shared_ptr<Watched>;

  void apply(std::vector<StatsEndpoint> wanted);
  Entry take_over(StatsEndpoint wanted, std::map<std::string, Entry>& former);
  void drop(const Entry& entry);
  void wait(const Entry& entry);
  void poll(const Entry& entry);
  void on_answer(const Entry& entry, const std::expected<net::HttpResponse, Error>& answer);
  void note(Watched& watched, const std::expected<EndpointTotals, Error>& totals);

  asio::any_io_executor executor_;
  net::Resolver& resolver_;
  net::TlsContexts& tls_contexts_;
  lookups::Store& store_;
  log::Log& log_;

  // Of what follows; the executor's thread changes it, others look at states.
  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::vector<Entry> entries_;
  std::map<std::string, EndpointTotals> remembered_;  // of dropped ones, by identity
};

void StatsEndpoints::Impl::update(std::vector<StatsEndpoint> wanted) {
  asio::post(executor_, [weak = weak_from_this(), wanted = std::move(wanted)]() mutable {
    if (const auto self = weak.lock()) self->apply(std::move(wanted));
  });
}

void StatsEndpoints::Impl::apply(std::vector<StatsEndpoint> wanted) {
  const std::scoped_lock lock(mutex_);
  if (stopped_) return;
  std::map<std::string, Entry> former;
  for (const Entry& entry : entries_) former.emplace(identity_of(entry->wanted), entry);
  entries_.clear();
  for (StatsEndpoint& endpoint : wanted) {
    entries_.push_back(take_over(std::move(endpoint), former));
  }
  for (const auto& [identity, entry] : former) drop(entry);
}

StatsEndpoints::Impl::Entry StatsEndpoints::Impl::take_over(StatsEndpoint wanted,
                                                            std::map<std::string, Entry>& former) {
  const std::string identity = identity_of(wanted);
  if (const auto known = former.extract(identity); !known.empty()) {
    known.mapped()->wanted = std::move(wanted);
    if (!known.mapped()->in_flight) wait(known.mapped());  // the interval may be another
    return known.mapped();
  }
  auto entry = std::make_shared<Watched>(std::move(wanted), executor_);
  if (const auto totals = remembered_.extract(identity); !totals.empty()) {
    entry->totals = totals.mapped();
  }
  entry->started = Clock::now() - entry->wanted.interval;  // due at once
  wait(entry);
  return entry;
}

void StatsEndpoints::Impl::drop(const Entry& entry) {
  entry->dropped = true;
  entry->timer.cancel();
  if (!entry->totals) return;
  if (remembered_.size() >= kMostRemembered) remembered_.erase(remembered_.begin());
  remembered_.insert_or_assign(identity_of(entry->wanted), *entry->totals);
}

void StatsEndpoints::Impl::wait(const Entry& entry) {
  entry->timer.expires_at(entry->started + entry->wanted.interval);
  entry->timer.async_wait(
      [weak = weak_from_this(), entry](const boost::system::error_code& cancelled) {
        const auto self = weak.lock();
        if (self && !cancelled) self->poll(entry);
      });
}

void StatsEndpoints::Impl::poll(const Entry& entry) {
  const std::scoped_lock lock(mutex_);
  if (stopped_ || entry->dropped || entry->in_flight) return;
  const StatsEndpoint& wanted = entry->wanted;
  entry->started = Clock::now();
  entry->in_flight = true;
  const auto done = [weak = weak_from_this(),
                     entry](const std::expected<net::HttpResponse, Error>& answer) {
    if (const auto self = weak.lock()) self->on_answer(entry, answer);
  };
  const auto fail = [&](Error error) {
    asio::post(executor_, [done, error = std::move(error)] { done(std::unexpected(error)); });
  };
  auto url = net::parse_http_url(wanted.url);
  if (!url) return fail({Reason::kError, url.error()});
  const auto token = net::read_secret(wanted.token);
  if (!token) return fail(token.error());
  net::HttpRequest request{.url = *std::move(url), .tls = wanted.tls, .max_body = kMaxBody};
  request.headers.emplace_back("Accept", "application/json");
  if (!token->empty()) request.headers.emplace_back("Authorization", "Bearer " + *token);
  const auto deadline = entry->started + std::min(wanted.interval, kMostWait);
  net::http_request(executor_, resolver_, tls_contexts_, std::move(request), deadline, done);
}

void StatsEndpoints::Impl::on_answer(const Entry& entry,
                                     const std::expected<net::HttpResponse, Error>& answer) {
  const std::scoped_lock lock(mutex_);
  entry->in_flight = false;
  if (stopped_ || entry->dropped) return;
  const auto totals = read_answer(answer, entry->wanted);
  if (totals) {
    record(store_, entry->wanted, entry->totals, *totals);
    entry->totals = *totals;
  }
  note(*entry, totals);
  wait(entry);
}

void StatsEndpoints::Impl::note(Watched& watched,
                                const std::expected<EndpointTotals, Error>& totals) {
  State& state = watched.state;
  const bool is_first = state.polls == 0;
  const bool was_up = state.up;
  ++state.polls;
  state.up = totals.has_value();
  if (totals) {
    state.error = {};
    if (!was_up && !is_first) log_.info("a stats endpoint answers again", {{"url", state.url}});
    return;
  }
  ++state.failures;
  state.error = totals.error();
  if (!was_up && !is_first) return;
  log_.warn("a stats endpoint gives no totals", {{"url", state.url},
                                                 {"reason", net::reason_word(state.error.reason)},
                                                 {"error", state.error.text}});
}

void StatsEndpoints::Impl::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  // Timers belong to the executor's thread.
  asio::post(executor_, [entries = std::exchange(entries_, {})] {
    for (const Entry& entry : entries) entry->timer.cancel();
  });
}

std::vector<StatsEndpoints::State> StatsEndpoints::Impl::states() const {
  const std::scoped_lock lock(mutex_);
  std::vector<State> states;
  states.reserve(entries_.size());
  for (const Entry& entry : entries_) states.push_back(entry->state);
  return states;
}

StatsEndpoints::StatsEndpoints(asio::any_io_executor executor, net::Resolver& resolver,
                               net::TlsContexts& tls_contexts, lookups::Store& store, log::Log& log)
    : impl_(std::make_shared<Impl>(std::move(executor), resolver, tls_contexts, store, log)) {}

StatsEndpoints::~StatsEndpoints() { stop(); }

void StatsEndpoints::update(std::vector<StatsEndpoint> wanted) { impl_->update(std::move(wanted)); }
void StatsEndpoints::stop() { impl_->stop(); }
std::vector<StatsEndpoints::State> StatsEndpoints::states() const { return impl_->states(); }

}  // namespace hitwatch::apps
