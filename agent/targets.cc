#include "agent/targets.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "agent/target_index.h"

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

// The first polls of many targets are none that all begin at once, nor do they take longer than an
// interval: a few at once, and the others at this distance.
constexpr std::size_t kFirstAtOnce = 32;
constexpr std::chrono::milliseconds kFirstDistance{1};

std::chrono::milliseconds first_poll_delay(std::size_t place, std::chrono::milliseconds interval) {
  if (place < kFirstAtOnce) return {};
  return std::min<std::chrono::milliseconds>(
      static_cast<std::chrono::milliseconds::rep>(place - kFirstAtOnce) * kFirstDistance, interval);
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

void WatchedTarget::take_over_polls(const WatchedTarget& former) {
  redis::PollResult latest;
  std::optional<std::chrono::system_clock::time_point> since;
  {
    const std::scoped_lock lock(former.mutex_);
    latest = former.latest_;
    since = former.state_since_;
  }
  const std::scoped_lock lock(mutex_);
  std::swap(latest_, latest);
  state_since_ = since;
}

void WatchedTarget::take_over_keyspace(const WatchedTarget& former) {
  set_latest_keyspace(former.latest_keyspace());
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
      slots_(loop_),
      ad_hoc_bounds_(ad_hoc_bounds),
      configured_(std::make_shared<const TargetIndex>(WatchedTargets())) {}

Targets::~Targets() = default;

bool Targets::update(const std::vector<redis::Target>& wanted, const config::Config& config) {
  WatchedTargets next;
  next.reserve(wanted.size());
  redis::PollOptions options = config.poll;
  options.record = !config.traces.endpoint.empty();
  bool forget_ad_hoc = false;
  bool changed = false;
  {
    const std::scoped_lock lock(mutex_);
    for (const redis::Target& target : wanted) next.push_back(watched_as(target));
    changed = next != configured_->all();  // one that stays stays the same object
    configured_ = std::make_shared<const TargetIndex>(next);
    forget_ad_hoc = credentials_ != config.credentials ||
                    scrape_allow_ != config.web.scrape_allow || options_ != options;
    if (forget_ad_hoc) ad_hoc_.clear();
    credentials_ = config.credentials;
    scrape_allow_ = config.web.scrape_allow;
    options_ = options;
  }
  // Only configured targets have checks.
  options.collect.no_key_groups = config.keys.check.groups.empty();
  asio::post(loop_, [this, next = std::move(next), options, forget_ad_hoc] {
    apply(next, options, forget_ad_hoc);
  });
  return changed;
}

std::shared_ptr<WatchedTarget> Targets::watched_as(const redis::Target& target) {
  auto known = configured_->named(target.name());
  if (known == nullptr || !known->target.same_server(target)) return make_watched(target);
  if (known->target == target) return known;
  auto relabelled = std::make_shared<WatchedTarget>(target);
  relabelled->take_over_polls(*known);
  relabelled->take_over_keyspace(*known);
  return relabelled;
}

std::shared_ptr<WatchedTarget> Targets::make_watched(redis::Target target) {
  if (target.url.tls && target.tls.insecure_skip_verify) {
    log_.warn("the certificate of a target is not verified", {{"target", target.name()}});
  }
  return std::make_shared<WatchedTarget>(std::move(target));
}

void Targets::apply(const WatchedTargets& wanted, const redis::PollOptions& options,
                    bool forget_ad_hoc) {
  std::unordered_map<std::string, Watch> former = std::exchange(watches_, {});
  std::vector<redis::Poller*> added;
  watches_.reserve(wanted.size());
  for (const auto& watched : wanted) {
    auto known = former.extract(watched->target.name());
    if (!known.empty() && known.mapped().watched->target.same_server(watched->target)) {
      Watch& watch = watches_.insert(std::move(known)).position->second;
      watch.poller->set_options(options);
      if (watch.watched != watched) relabel(watch, watched);
      continue;
    }
    const bool was_down = !known.empty() && known.mapped().poller->is_down();
    if (!known.empty()) former.insert(std::move(known));
    Watch& watch = watches_[watched->target.name()];
    watch = {watched, make_poller(watched, options)};
    if (was_down) watch.poller->succeed_one_that_is_down();
    added.push_back(watch.poller.get());
  }
  for (const auto& [name, watch] : former) watch.poller->stop();
  if (forget_ad_hoc) {
    for (const auto& [target, ad_hoc] : ad_hoc_watches_) ad_hoc.watch.poller->stop();
    ad_hoc_watches_.clear();
  }
  for (std::size_t i = 0; i < added.size(); ++i) {
    added[i]->start(first_poll_delay(i, options.interval));
  }
}

// What was published since it was made went to the former one.
void Targets::relabel(Watch& watch, const std::shared_ptr<WatchedTarget>& watched) {
  watched->take_over_polls(*watch.watched);
  watch.watched = watched;
  watch.poller->relabel(watched->target, publisher(watched));
}

void Targets::stop() {
  asio::post(loop_, [this] {
    for (const auto& [name, watch] : watches_) watch.poller->stop();
    for (const auto& [target, ad_hoc] : ad_hoc_watches_) ad_hoc.watch.poller->stop();
    watches_.clear();
    ad_hoc_watches_.clear();
  });
}

void Targets::poll_now(std::vector<std::string> addresses) {
  asio::post(loop_, [this, addresses = std::move(addresses)] {
    std::shared_ptr<const TargetIndex> targets;
    {
      const std::scoped_lock lock(mutex_);
      targets = configured_;
    }
    for (const std::string& address : addresses) {
      for (const auto& watched : targets->at(address)) {
        const auto found = watches_.find(watched->target.name());
        if (found != watches_.end()) found->second.poller->poll_now();
      }
    }
  });
}

redis::Poller::Publish Targets::publisher(std::shared_ptr<WatchedTarget> watched) {
  return [this, watched = std::move(watched)](const redis::PollResult& result) {
    watched->set_latest(result);
    on_poll_(watched, result);
  };
}

std::shared_ptr<redis::Poller> Targets::make_poller(const std::shared_ptr<WatchedTarget>& watched,
                                                    const redis::PollOptions& options) {
  return std::make_shared<redis::Poller>(loop_, resolver_, tls_contexts_, families_, log_,
                                         watched->target, options, publisher(watched), probes_,
                                         events_, &slots_);
}

std::shared_ptr<const WatchedTargets> Targets::all() const {
  const std::scoped_lock lock(mutex_);
  return {configured_, &configured_->all()};
}

bool Targets::needs_instance(const WatchedTargets& targets) {
  if (targets.size() != 1) return !targets.empty();
  const redis::Target& only = targets.front()->target;
  return !only.alias.empty() || only.place != redis::Place{};
}

std::vector<prometheus::ClientMetric::Label> Targets::instance_label(const WatchedTargets& targets,
                                                                     const std::string& name) {
  const bool unnamed =
      !targets.empty() && !needs_instance(targets) && targets.front()->target.name() == name;
  if (unnamed) return {};
  return {{"instance", name}};
}

bool Targets::on_scrape() const {
  const std::scoped_lock lock(mutex_);
  return options_.on_scrape;
}

std::shared_ptr<WatchedTarget> Targets::find(std::string_view name) const {
  std::shared_ptr<const TargetIndex> targets;
  {
    const std::scoped_lock lock(mutex_);
    targets = configured_;
  }
  return targets->find(name);
}

std::string Targets::name_at(const std::string& address) const {
  std::shared_ptr<const TargetIndex> targets;
  {
    const std::scoped_lock lock(mutex_);
    targets = configured_;
  }
  const WatchedTargets there = targets->at(address);
  return there.empty() ? std::string() : there.front()->target.name();
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
  const auto found = watches_.find(watched->target.name());
  if (found != watches_.end() && found->second.watched->target.same_server(watched->target)) {
    return found->second.poller.get();
  }
  return ad_hoc_poller_of(watched);
}

redis::Poller* Targets::ad_hoc_poller_of(const std::shared_ptr<WatchedTarget>& watched) {
  const auto found = ad_hoc_watches_.find(watched.get());
  if (found != ad_hoc_watches_.end()) {
    found->second.last_wanted = Clock::now();
    return found->second.watch.poller.get();
  }
  redis::PollOptions options;
  {
    const std::scoped_lock lock(mutex_);
    // A target that a reload has just removed is not revived.
    if (std::ranges::find(ad_hoc_, watched) == ad_hoc_.end()) return nullptr;
    options = options_;
  }
  options.on_scrape = true;
  AdHocWatch& made = ad_hoc_watches_[watched.get()];
  made = {{watched, make_poller(watched, options)}, Clock::now()};
  return made.watch.poller.get();
}

void Targets::drop_idle_ad_hoc(Clock::time_point now) {
  const Clock::time_point oldest = now - ad_hoc_bounds_.idle;
  std::erase_if(ad_hoc_watches_, [&](const auto& entry) {
    const AdHocWatch& ad_hoc = entry.second;
    if (ad_hoc.last_wanted >= oldest) return false;
    ad_hoc.watch.poller->stop();
    const std::scoped_lock lock(mutex_);
    std::erase(ad_hoc_, ad_hoc.watch.watched);
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
