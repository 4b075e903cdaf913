#include "agent/targets.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace hitwatch {
namespace {

namespace asio = boost::asio;

std::string render_labels(const redis::Target& target, bool with_instance) {
  metrics::Labels labels;
  if (with_instance) labels.push_back({"instance", target.name()});
  labels.insert(labels.end(), target.labels.begin(), target.labels.end());
  std::string text;
  metrics::append_label_text(text, labels);
  return text;
}

std::string render_place(const redis::Place& place) {
  std::string text;
  if (!place.role.empty()) metrics::append_label_text(text, metrics::Labels{{"role", place.role}});
  return text;
}

// By its alias, or by any spelling of its address or URL. A URL of another scheme is another
// target.
bool is_called(const redis::Target& target, std::string_view name, const redis::Target* parsed) {
  if (target.name() == name) return true;
  if (parsed == nullptr || parsed->url.address() != target.url.address()) return false;
  return name.find("://") == name.npos || parsed->url.tls == target.url.tls;
}

}  // namespace

std::string_view state_word(const redis::TargetState* state) {
  if (state == nullptr) return "unknown";
  if (!state->up) return "down";
  return state->error.reason == net::Reason::kNone ? "up" : "partial";
}

WatchedTarget::WatchedTarget(redis::Target described)
    : target(std::move(described)),
      label_text(render_labels(target, false)),
      label_text_with_instance(render_labels(target, true)),
      place_text(render_place(target.place)) {}

redis::PollResult WatchedTarget::latest() const {
  const std::scoped_lock lock(mutex_);
  return latest_;
}

void WatchedTarget::set_latest(const redis::PollResult& result) {
  // What is replaced is released after the lock.
  redis::PollResult previous = result;
  const std::scoped_lock lock(mutex_);
  std::swap(latest_, previous);
  if (!state_since_ || state_word(latest_.state.get()) != state_word(previous.state.get())) {
    state_since_ = latest_.state->last_poll;
  }
}

std::optional<std::chrono::system_clock::time_point> WatchedTarget::state_since() const {
  const std::scoped_lock lock(mutex_);
  return state_since_;
}

KeyspaceResult WatchedTarget::latest_keyspace() const {
  const std::scoped_lock lock(mutex_);
  return latest_keyspace_;
}

void WatchedTarget::set_latest_keyspace(const KeyspaceResult& result) {
  KeyspaceResult previous = result;
  const std::scoped_lock lock(mutex_);
  std::swap(latest_keyspace_, previous);
}

Targets::Targets(asio::any_io_executor loop, net::Resolver& resolver,
                 net::TlsContexts& tls_contexts, const redis::Families& families, log::Log& log,
                 OnPoll on_poll, redis::ProbeLedger* probes, redis::EventLedger* events,
                 AdHocBounds ad_hoc_bounds)
    : loop_(std::move(loop)),
      resolver_(resolver),
      tls_contexts_(tls_contexts),
      families_(families),
      log_(log),
      on_poll_(std::move(on_poll)),
      probes_(probes),
      events_(events),
      ad_hoc_bounds_(ad_hoc_bounds),
      configured_(std::make_shared<const WatchedTargets>()) {}

Targets::~Targets() = default;

void Targets::update(const std::vector<redis::Target>& wanted, const config::Config& config) {
  auto next = std::make_shared<WatchedTargets>();
  {
    const std::scoped_lock lock(mutex_);
    for (const redis::Target& target : wanted) {
      const auto same = std::ranges::find_if(
          *configured_, [&](const auto& watched) { return watched->target == target; });
      next->push_back(same != configured_->end() ? *same : make_watched(target));
    }
    configured_ = next;
    // What was allowed may no longer be, and credentials may have changed.
    ad_hoc_.clear();
    credentials_ = config.credentials;
    scrape_allow_ = config.web.scrape_allow;
    options_ = config.poll;
    options_.record = !config.traces.endpoint.empty();
  }
  // Only configured targets have checks.
  redis::PollOptions options = config.poll;
  options.record = !config.traces.endpoint.empty();
  options.collect.no_key_groups = config.keys.check.groups.empty();
  asio::post(loop_, [this, next, options] { apply(*next, options); });
}

std::shared_ptr<WatchedTarget> Targets::make_watched(redis::Target target) {
  if (target.url.tls && target.tls.insecure_skip_verify) {
    log_.warn("the certificate of a target is not verified", {{"target", target.name()}});
  }
  return std::make_shared<WatchedTarget>(std::move(target));
}

void Targets::apply(const WatchedTargets& wanted, const redis::PollOptions& options) {
  std::vector<Watch> kept;
  for (const auto& watched : wanted) {
    const auto same = std::ranges::find_if(
        watches_, [&](const Watch& watch) { return watch.watched == watched; });
    if (same != watches_.end()) {
      same->poller->set_options(options);
      kept.push_back(std::move(*same));
      same->poller = nullptr;
      continue;
    }
    kept.push_back({watched, make_poller(watched, options), false, {}});
    kept.back().poller->start();
  }
  for (const Watch& watch : watches_) {
    if (watch.poller != nullptr) watch.poller->stop();
  }
  watches_ = std::move(kept);
}

void Targets::stop() {
  asio::post(loop_, [this] {
    for (const Watch& watch : watches_) watch.poller->stop();
    watches_.clear();
  });
}

std::shared_ptr<redis::Poller> Targets::make_poller(const std::shared_ptr<WatchedTarget>& watched,
                                                    const redis::PollOptions& options) {
  return std::make_shared<redis::Poller>(
      loop_, resolver_, tls_contexts_, families_, log_, watched->target, options,
      [this, watched](const redis::PollResult& result) {
        watched->set_latest(result);
        on_poll_(watched, result);
      },
      probes_, events_);
}

std::shared_ptr<const WatchedTargets> Targets::all() const {
  const std::scoped_lock lock(mutex_);
  return configured_;
}

bool Targets::needs_instance(const WatchedTargets& targets) {
  if (targets.size() != 1) return !targets.empty();
  const redis::Target& only = targets.front()->target;
  return !only.alias.empty() || only.place != redis::Place{};
}

bool Targets::on_scrape() const {
  const std::scoped_lock lock(mutex_);
  return options_.on_scrape;
}

std::shared_ptr<WatchedTarget> Targets::find(std::string_view name) const {
  const auto targets = all();
  const auto parsed = config::target_from_url(name);
  // A name that brings credentials is nobody's: they are not to be used, nor to be ignored.
  const bool plain = parsed && parsed->username.empty() && parsed->password.empty();
  const redis::Target* given = plain ? &*parsed : nullptr;
  const auto found = std::ranges::find_if(
      *targets, [&](const auto& watched) { return is_called(watched->target, name, given); });
  return found == targets->end() ? nullptr : *found;
}

std::expected<std::shared_ptr<WatchedTarget>, Targets::Refusal> Targets::find_ad_hoc(
    std::string_view name) {
  auto target = config::target_from_url(name);
  if (!target) return std::unexpected(Refusal{400, target.error()});
  if (!target->username.empty() || !target->password.empty()) {
    return std::unexpected(Refusal{
        400, "a target parameter must not hold credentials: name them under `credentials:`"});
  }
  const std::string address = target->url.address();
  const std::scoped_lock lock(mutex_);
  const bool allowed = std::ranges::any_of(scrape_allow_, [&](const std::string& pattern) {
    return config::matches_address(pattern, target->url);
  });
  if (!allowed) {
    return std::unexpected(
        Refusal{403, fmt::format("{} is not a configured target and matches no pattern of "
                                 "`web.scrape_allow`",
                                 address)});
  }
  config::apply_credentials(*target, credentials_);
  const auto known = std::ranges::find_if(
      ad_hoc_, [&](const auto& watched) { return watched->target == *target; });
  if (known != ad_hoc_.end()) return *known;
  if (ad_hoc_.size() >= ad_hoc_bounds_.most) {
    asio::post(loop_, [this] { drop_idle_ad_hoc(Clock::now()); });  // for the next who asks
    return std::unexpected(Refusal{503, "too many targets have been named by /scrape of late"});
  }
  target->origin = kAdHocOrigin;
  return ad_hoc_.emplace_back(make_watched(*std::move(target)));
}

redis::Poller* Targets::poller_of(const std::shared_ptr<WatchedTarget>& watched) {
  const auto found =
      std::ranges::find_if(watches_, [&](const Watch& watch) { return watch.watched == watched; });
  if (found != watches_.end()) {
    found->last_wanted = Clock::now();
    return found->poller.get();
  }
  redis::PollOptions options;
  {
    const std::scoped_lock lock(mutex_);
    // A target that a reload has just removed is not revived.
    if (std::ranges::find(ad_hoc_, watched) == ad_hoc_.end()) return nullptr;
    options = options_;
  }
  options.on_scrape = true;
  return watches_.emplace_back(watched, make_poller(watched, options), true, Clock::now())
      .poller.get();
}

void Targets::drop_idle_ad_hoc(Clock::time_point now) {
  const Clock::time_point oldest = now - ad_hoc_bounds_.idle;
  std::erase_if(watches_, [&](const Watch& watch) {
    if (!watch.ad_hoc || watch.last_wanted >= oldest) return false;
    watch.poller->stop();
    const std::scoped_lock lock(mutex_);
    std::erase(ad_hoc_, watch.watched);
    return true;
  });
}

void Targets::refresh(const WatchedTargets& targets, Clock::time_point deadline,
                      std::function<void()> done) {
  asio::post(loop_, [this, targets, deadline, done = std::move(done)] {
    struct Wait {
      explicit Wait(const asio::any_io_executor& executor) : timer(executor) {}
      std::size_t missing = 0;
      std::function<void()> done;
      asio::steady_timer timer;
      void finish() {
        timer.cancel();
        if (const auto call = std::exchange(done, nullptr)) call();
      }
    };
    const auto wait = std::make_shared<Wait>(loop_);
    wait->done = done;
    const Clock::time_point now = Clock::now();
    std::vector<redis::Poller*> pollers;
    for (const auto& watched : targets) {
      if (redis::Poller* poller = poller_of(watched)) pollers.push_back(poller);
    }
    drop_idle_ad_hoc(now);  // those just wanted are not idle any more, however long they were
    wait->missing = pollers.size();
    if (pollers.empty()) {
      wait->finish();
      return;
    }
    // A poll whose deadline is the scrape's publishes its timeout first.
    wait->timer.expires_at(deadline + std::chrono::milliseconds(20));
    wait->timer.async_wait([wait](const boost::system::error_code& code) {
      if (!code) wait->finish();
    });
    for (redis::Poller* poller : pollers) {
      poller->poll(std::min(deadline, Clock::now() + poller->timeout()), [wait] {
        if (--wait->missing == 0) wait->finish();
      });
    }
  });
}

}  // namespace hitwatch
