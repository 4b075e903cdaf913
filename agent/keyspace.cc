#include "agent/keyspace.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <unordered_map>
#include <utility>

#include "agent/keyspace_watch.h"

namespace hitwatch {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMostIntroductions = 64;  // at once
constexpr std::size_t kMostSurveys = 64;        // nearly all of a survey is pauses
constexpr std::size_t kMostChecks = 8;

bool same_rules(const std::shared_ptr<keys::Matcher>& matcher,
                const std::vector<keys::Rule>& rules) {
  return matcher != nullptr && matcher->rules() == rules;
}

}  // namespace

Keyspace::Keyspace(const redis::Families& families, redis::ProbeLedger& ledger, log::Log& log,
                   trace::Tracer& tracer, std::chrono::milliseconds round_limit)
    : families_(families),
      ledger_(ledger),
      log_(log),
      tracer_(tracer),
      round_limit_(round_limit),
      guard_(asio::make_work_guard(loop_)),
      resolver_(loop_.get_executor()),
      introductions_(loop_.get_executor(), kMostIntroductions),
      surveys_(loop_.get_executor(), kMostSurveys),
      checks_(loop_.get_executor(), kMostChecks),
      patience_(loop_),
      thread_([this] {
        pthread_setname_np(pthread_self(), "hitwatch-keys");
        loop_.run();
      }) {}

Keyspace::~Keyspace() { stop(); }

void Keyspace::stop() {
  if (!thread_.joinable()) return;
  asio::post(loop_, [this] {
    watches_.clear();
    // What they have left to be released is released first.
    asio::post(loop_, [this] { loop_.stop(); });
  });
  thread_.join();
}

void Keyspace::update(const WatchedTargets& targets, const config::Config& config) {
  Settings settings;
  settings.sample = config.keys.sample;
  settings.check = config.keys.check;
  settings.session = redis::session_options(config.poll);
  settings.tenants = config.keys.tenants.tenants;
  settings.targets = targets.size();
  asio::post(loop_, [this, targets, settings = std::move(settings),
                     rules = config.keys.patterns]() mutable {
    apply(targets, std::move(settings), std::move(rules));
  });
}

void Keyspace::apply(const WatchedTargets& targets, Settings settings,
                     std::vector<keys::Rule> rules) {
  settings.matcher = settings_ != nullptr && same_rules(settings_->matcher, rules)
                         ? settings_->matcher
                         : std::make_shared<keys::Matcher>(std::move(rules));
  settings_ = std::make_shared<const Settings>(std::move(settings));
  follow(targets);
  for (const auto& watch : watches_) watch->configure();
  meet_strangers();
}

void Keyspace::follow(const WatchedTargets& targets) {
  std::unordered_map<std::string, std::shared_ptr<Watch>> known;
  for (auto& watch : watches_) known.emplace(watch->target().name(), std::move(watch));
  watches_.clear();
  peers_ = {};
  for (const auto& watched : targets) {
    auto& watch = known[watched->target.name()];
    if (watch == nullptr || !watch->target().same_server(watched->target)) {
      watch = std::make_shared<Watch>(*this, watched);
    } else {
      watch->relabel(watched);
    }
    watch->set_number(watches_.size());
    peers_.add(watch->target(), watch->peer().replication);
    watches_.push_back(std::move(watch));
  }
}

// Rounds begin when all targets have said what they are: which of them hold the same keys must be
// known before the first report. Those that do not answer are not waited for.
void Keyspace::meet_strangers() {
  if (!settings_->sample.enabled && !settings_->check.any()) return;
  patience_.expires_after(2 * settings_->session.timeout);
  patience_.async_wait([this](const boost::system::error_code& code) {
    if (code) return;
    for (const auto& watch : watches_) watch->begin();
  });
  for (const auto& watch : watches_) {
    if (!watch->met()) watch->meet([this] { begin_if_all_are_met(); });
  }
  begin_if_all_are_met();
}

void Keyspace::begin_if_all_are_met() {
  if (!std::ranges::all_of(watches_, &Watch::met)) return;
  patience_.cancel();
  for (const auto& watch : watches_) watch->begin();
}

std::vector<Peer> Keyspace::peers_of(const Watch& watch) const {
  std::vector<Peer> peers;
  for (const std::size_t number : peers_.of(watch.number(), watch.peer().replication)) {
    peers.push_back(watches_[number]->peer());
  }
  return peers;
}

}  // namespace hitwatch
