#include "collectors/topology/sentinel_watch.h"

#include <algorithm>
#include <utility>

#include "agent/net/wildcards.h"
#include "collectors/topology/announced.h"
#include "collectors/topology/sentinel_metrics.h"

namespace hitwatch::topology {
namespace {

constexpr std::chrono::seconds kTick{1};
constexpr std::size_t kLongestError = 200;  // of a sentinel, in the log
constexpr std::string_view kMaster = "master";
constexpr std::string_view kReplica = "replica";
constexpr std::string_view kSentinel = "sentinel";

redis::Target with_login(redis::Target target, const Login& login, const SentinelOptions& options) {
  target.username = login.username;
  target.password = login.password;
  target.tls = options.tls;
  target.labels = options.labels;
  target.origin = options.origin;
  return target;
}

OpinionTime opinion_time() {
  return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
}

}  // namespace

SentinelWatch::SentinelWatch(Surroundings surroundings, SentinelOptions options, const Pace& pace)
    : surroundings_(std::move(surroundings)),
      options_(std::move(options)),
      pace_(pace),
      newcomers_(surroundings_.newcomers),
      telling_(surroundings_.log, "sentinel:" + options_.urls.front().address(),
               surroundings_.happened),
      tick_(surroundings_.executor),
      early_polls_(surroundings_.executor, surroundings_.poll_now) {}

SentinelWatch::~SentinelWatch() { stop(); }

void SentinelWatch::start() {
  running_ = std::make_shared<bool>(true);
  for (const net::RedisUrl& url : options_.urls) {
    redis::Target target;
    target.url = url;
    add_sentinel(std::move(target), true);
  }
  schedule_tick(kSettling);
}

void SentinelWatch::stop() {
  running_.reset();
  tick_.cancel();
  early_polls_.stop();
  for (Sentinel& sentinel : sentinels_) sentinel.talk->stop();
}

void SentinelWatch::set_pace(const Pace& pace) {
  pace_ = pace;
  for (Sentinel& sentinel : sentinels_) sentinel.talk->set_pace(pace);
}

std::shared_ptr<const Outcome> SentinelWatch::latest() const {
  const std::scoped_lock lock(mutex_);
  return latest_;
}

// --- sentinels -----------------------------------------------------------------------------------

void SentinelWatch::add_sentinel(redis::Target target, bool configured) {
  const bool known = std::ranges::any_of(sentinels_, [&](const Sentinel& sentinel) {
    return sentinel.target.name() == target.name();
  });
  if (known || sentinels_.size() >= kMostSentinels) return;
  target = with_login(std::move(target), options_.sentinel, options_);
  target.place.role = kSentinel;
  Sentinel& sentinel = sentinels_.emplace_back();
  sentinel.target = std::move(target);
  sentinel.configured = configured;
  // Talks are stopped before what their callbacks refer to ends.
  sentinel.talk = std::make_shared<SentinelTalk>(
      surroundings_, sentinel.target, options_.masters, pace_,
      SentinelTalk::Callbacks{
          .told = [this, &sentinel](const SentinelLook& look) { on_told(sentinel, look); },
          .failed = [this, &sentinel](const net::Error& error) { on_failed(sentinel, error); },
          .message = [this](const SentinelMessage& message) { on_message(message); },
          .subscribed =
              [this] {
                if (phase_ != Phase::kStarting) publish();
              }});
  sentinel.talk->start();
}

void SentinelWatch::on_told(Sentinel& sentinel, const SentinelLook& look) {
  const std::string address = sentinel.target.name();
  Names changed = take_over(look, sentinel.told);
  for (Sentinel& one : sentinels_) one.failed = false;
  if (look.whole) sentinel.left_out = look.left_out;
  answered_ = Clock::now();
  const Contact contact = std::exchange(sentinel.contact, Contact::kAnswers);
  if (contact == Contact::kFails) {
    telling_.info("a sentinel answers again", {{"sentinel", address}});
  }
  if (contact != Contact::kAnswers) {
    changed.merge(names_of(sentinel.told));
  }
  const bool known = std::exchange(sentinel.id, sentinel.talk->id()) == sentinel.talk->id() &&
                     sentinel.connected == sentinel.talk->connected();
  sentinel.connected = sentinel.talk->connected();
  if (!known || !changed.empty()) recount_sentinels(changed);
  note_phase(address, changed);
  consider(changed);
}

void SentinelWatch::on_failed(Sentinel& sentinel, const net::Error& error) {
  Names changed;
  if (std::exchange(sentinel.contact, Contact::kFails) != Contact::kFails) {
    telling_.warn("a sentinel does not answer", {{"sentinel", sentinel.target.name()},
                                                 {"reason", net::reason_word(error.reason)},
                                                 {"error", error.text}});
    changed = names_of(sentinel.told);
    recount_sentinels(changed);
  }
  last_error_ = error.text.substr(0, kLongestError);
  note_failure(sentinel);
  note_phase("", changed);
  consider(changed);
}

// A look that nobody answered is one in which each has failed.
void SentinelWatch::note_failure(Sentinel& sentinel) {
  sentinel.failed = true;
  const auto has_failed = [](const Sentinel& one) { return one.failed || one.duplicate; };
  if (!std::ranges::all_of(sentinels_, has_failed)) return;
  ++failures_;
  for (Sentinel& one : sentinels_) one.failed = false;
}

// Those that are new are asked; those that are gone no longer.
void SentinelWatch::recount_sentinels(Names& changed) {
  std::vector<KnownSentinel> known;
  for (const Sentinel& sentinel : sentinels_) {
    known.push_back({sentinel.target.name(), sentinel.id, sentinel.connected, sentinel.configured,
                     sentinel.contact == Contact::kAnswers, &sentinel.told});
  }
  const SentinelCensus census = count_sentinels(known);
  std::size_t index = 0;
  for (auto it = sentinels_.begin(); it != sentinels_.end(); ++index) {
    Sentinel& sentinel = *it;
    const bool duplicate = census.same[index];
    if (std::exchange(sentinel.duplicate, duplicate) != duplicate) {
      changed.merge(names_of(sentinel.told));
    }
    const bool down = census.down[index];
    if (std::exchange(sentinel.down, down) != down && !duplicate) {
      note_sentinel(down ? event_kind::kNodeFailed : event_kind::kNodeRecovered,
                    sentinel.target.name());
    }
    if (!is_over(sentinel, census.named[index])) {
      ++it;
      continue;
    }
    changed.merge(names_of(sentinel.told));
    note_sentinel(event_kind::kNodeRemoved, sentinel.target.name());
    sentinel.talk->stop();
    it = sentinels_.erase(it);
  }
  for (const std::string& address : census.found) {
    if (newcomers_.left(Clock::now()) == 0) break;
    auto url = net::parse_redis_url(address);
    if (!url) continue;
    url->tls = options_.urls.front().tls;
    newcomers_.take(1);
    note_sentinel(event_kind::kNodeAdded, address);
    add_sentinel(announced_target(*url, options_.address_map), false);
  }
}

// Whether a sentinel that was learnt is to go: at once if it is another's other address, but after
// a while if only nobody names it. Sentinels that are reset forget each other for some seconds.
bool SentinelWatch::is_over(Sentinel& sentinel, bool named) const {
  if (sentinel.configured) return false;
  if (sentinel.duplicate) return true;
  if (named) {
    sentinel.unnamed.reset();
    return false;
  }
  const Clock::time_point now = Clock::now();
  if (!sentinel.unnamed) sentinel.unnamed = now;
  return now - *sentinel.unnamed >= SentinelGroup::kLingers;
}

void SentinelWatch::note_sentinel(std::string_view kind, const std::string& address) {
  events_.push_back({std::chrono::system_clock::now(), std::string(kind), "", address, "",
                     kind == event_kind::kNodeAdded ? std::string(kSentinel) : "", ""});
}

void SentinelWatch::note_phase(const std::string& sentinel, Names& changed) {
  const bool answers = std::ranges::any_of(sentinels_, &Sentinel::counts);
  if (phase_ == Phase::kStarting && !(answers && waited_)) {
    const bool open = std::ranges::any_of(sentinels_, [](const Sentinel& one) {
      return one.configured && one.contact == Contact::kUnknown;
    });
    if (open) return;
  }
  const Phase before = std::exchange(phase_, answers ? Phase::kFound : Phase::kLost);
  if (before == phase_) return;
  if (before == Phase::kStarting) {
    for (const Sentinel& one : sentinels_) changed.merge(names_of(one.told));
    if (answers) return;
  }
  const std::string_view kind = answers ? event_kind::kSourceFound : event_kind::kSourceLost;
  events_.push_back({std::chrono::system_clock::now(), std::string(kind), "",
                     options_.urls.front().address(), "", answers ? "" : last_error_, sentinel});
}

// The look that follows publishes, and polls those of whom it says something new.
void SentinelWatch::on_message(const SentinelMessage& message) {
  ++messages_[message.channel->name];
}

// --- masters -------------------------------------------------------------------------------------

void SentinelWatch::consider(const Names& masters) {
  if (phase_ == Phase::kStarting) return;
  for (const std::string& name : masters) consider_master(name);
  if (phase_ == Phase::kFound && !std::exchange(said_found_, true)) say_found();
  publish();
}

void SentinelWatch::say_found() {
  telling_.info("found the masters of sentinels",
                {{"source", telling_.source()},
                 {"masters", std::to_string(groups_.size())},
                 {"servers", std::to_string(members_)},
                 {"sentinels", std::to_string(sentinels_.size())}});
  for (const std::string& pattern : options_.masters) {
    const bool matches = std::ranges::any_of(
        groups_, [&](const auto& entry) { return net::matches_pattern(pattern, entry.first); });
    if (matches) continue;
    telling_.warn("sentinels know no master of this name",
                  {{"source", telling_.source()}, {"master", pattern}});
  }
}

void SentinelWatch::consider_master(const std::string& name) {
  std::vector<Testimony> testimonies;
  bool listed = false;
  for (const Sentinel& sentinel : sentinels_) {
    const auto told = sentinel.told.find(name);
    if (told == sentinel.told.end()) continue;
    listed = true;
    if (sentinel.counts()) testimonies.push_back({sentinel.target.name(), &told->second});
  }
  auto group = groups_.find(name);
  if (group == groups_.end()) {
    if (testimonies.empty() || !has_room()) return;
    group = groups_.emplace(name, Group{SentinelGroup(name), {}}).first;
  }
  SentinelGroup& opinion = group->second.opinion;
  members_ -= opinion.members.size();
  if (forget_unlisted(group->second, listed)) {
    groups_.erase(group);
    return;
  }
  const std::uint64_t failovers = opinion.failovers;
  const std::size_t room = std::min(kMostServersOfSource - members_,
                                    opinion.members.size() + newcomers_.left(Clock::now()));
  for (Event& event : opinion.consider(testimonies, opinion_time(), room)) {
    if (event.kind == event_kind::kNodeAdded) newcomers_.take(1);
    if (event.kind == event_kind::kNodeFailed || event.kind == event_kind::kNodeRecovered) {
      early_polls_.add({event.instance});
    }
    events_.push_back(std::move(event));
  }
  members_ += opinion.members.size();
  if (opinion.failovers != failovers) poll_members(opinion);
}

bool SentinelWatch::has_room() const {
  return groups_.size() < kMostSentinelMasters && members_ < kMostServersOfSource;
}

// How many servers are named that are not taken.
std::size_t SentinelWatch::left_out() const {
  std::size_t unread = 0;
  Names masters;
  for (const Sentinel& sentinel : sentinels_) {
    if (!sentinel.counts()) continue;
    unread = std::max(unread, sentinel.left_out);
    if (has_room()) continue;
    for (const auto& [name, told] : sentinel.told) {
      if (!groups_.contains(name)) masters.insert(name);
    }
  }
  std::size_t unlisted = masters.size();
  for (const auto& [name, group] : groups_) unlisted += group.opinion.left_out;
  return unread + unlisted;
}

// Whether no sentinel has listed the master for as long as a server lingers.
bool SentinelWatch::forget_unlisted(Group& group, bool listed) {
  if (listed) {
    group.unlisted.reset();
    return false;
  }
  const OpinionTime time = opinion_time();
  if (!group.unlisted) group.unlisted = time.now;
  if (time.now - *group.unlisted < SentinelGroup::kLingers) return false;
  for (const auto& [address, member] : group.opinion.members) {
    events_.push_back({time.wall, std::string(event_kind::kNodeRemoved), group.opinion.name,
                       address, "", "", group.opinion.told_by});
  }
  return true;
}

void SentinelWatch::tick() {
  Names due;
  waited_ = true;
  telling_.turn();
  if (std::ranges::any_of(sentinels_, [](const auto& one) { return one.unnamed.has_value(); })) {
    recount_sentinels(due);
  }
  note_phase("", due);
  for (const auto& [name, group] : groups_) {
    if (group.opinion.waits() || group.unlisted) due.insert(name);
  }
  if (!due.empty()) consider(due);
  schedule_tick(kTick);
}

void SentinelWatch::schedule_tick(std::chrono::milliseconds time) {
  tick_.expires_after(time);
  tick_.async_wait(
      [this, running = std::weak_ptr<bool>(running_)](const boost::system::error_code& code) {
        if (!code && !running.expired()) tick();
      });
}

void SentinelWatch::polled(const std::string& target, const Observed& observed) {
  if (running_ == nullptr) return;
  if (const auto found = group_of_.find(target); found != group_of_.end()) {
    const auto group = groups_.find(found->second);
    if (group == groups_.end()) return;
    if (!group->second.opinion.hear(target, observed.up ? observed.role : "")) return;
    for (Sentinel& sentinel : sentinels_) sentinel.talk->look(group->first);
    return;
  }
  if (!observed.up) return;
  for (Sentinel& sentinel : sentinels_) {
    const bool back = sentinel.contact == Contact::kFails && sentinel.target.name() == target;
    if (back) sentinel.talk->look();
  }
}

// --- what is told --------------------------------------------------------------------------------

void SentinelWatch::publish() {
  auto outcome = std::make_shared<Outcome>();
  outcome->targets = make_targets();
  outcome->metrics = make_metrics();
  const std::size_t over = left_out();
  add_source_metrics(outcome->metrics, telling_, over);
  if (over > 0 && !std::exchange(said_left_out_, true)) {
    telling_.warn("sentinels name more servers than are watched",
                  {{"source", telling_.source()}, {"left_out", std::to_string(over)}});
  }
  outcome->answered = answered_;
  outcome->failures = failures_;
  {
    const std::scoped_lock lock(mutex_);
    latest_ = std::move(outcome);
  }
  surroundings_.changed();
  tell_events();
}

// A server that several masters claim, or that is a sentinel, too, is there once: as a sentinel of
// the configuration, as a master, as a replica, as a sentinel that was learnt, in this order.
std::vector<redis::Target> SentinelWatch::make_targets() {
  std::map<std::string, redis::Target> targets;
  group_of_.clear();
  const auto add_sentinels = [&](bool configured) {
    for (const Sentinel& sentinel : sentinels_) {
      if (sentinel.duplicate || sentinel.configured != configured) continue;
      targets.emplace(sentinel.target.name(), sentinel.target);
    }
  };
  add_sentinels(true);
  for (const bool masters : {true, false}) {
    for (const auto& [name, group] : groups_) {
      for (const auto& [address, member] : group.opinion.members) {
        if ((address == group.opinion.master) != masters || targets.contains(address)) continue;
        targets.emplace(address, server_target(group.opinion, address));
        group_of_.emplace(address, name);
      }
    }
  }
  add_sentinels(false);
  std::vector<redis::Target> list;
  list.reserve(targets.size());
  for (auto& [name, target] : targets) list.push_back(std::move(target));
  return list;
}

redis::Target SentinelWatch::server_target(const SentinelGroup& group,
                                           const std::string& address) const {
  // It was made of one.
  net::RedisUrl url = net::parse_redis_url(address).value_or(net::RedisUrl{});
  url.tls = options_.server_tls;
  redis::Target target =
      with_login(announced_target(url, options_.address_map), options_.server, options_);
  std::erase_if(target.labels,
                [](const metrics::Label& label) { return label.name == "master_name"; });
  target.labels.insert(target.labels.begin(), {"master_name", group.name});
  target.databases = options_.databases;
  target.place.group = group.name;
  target.place.role = address == group.master ? kMaster : kReplica;
  return target;
}

std::vector<prometheus::MetricFamily> SentinelWatch::make_metrics() const {
  SentinelFigures figures;
  for (const auto& [name, group] : groups_) {
    const SentinelGroup& opinion = group.opinion;
    figures.masters.push_back({name, opinion.master, opinion.dissent, opinion.failovers});
  }
  for (const Sentinel& sentinel : sentinels_) {
    if (!sentinel.duplicate) {
      figures.subscribed[sentinel.target.name()] = sentinel.talk->subscribed();
    }
  }
  figures.messages = messages_;
  return sentinel_metrics(figures, options_.labels);
}

void SentinelWatch::tell_events() {
  const bool settled = std::exchange(settled_, answered_.has_value());
  for (Event& event : std::exchange(events_, {})) {
    if (!settled && event.kind == event_kind::kNodeAdded) continue;
    telling_.event(std::move(event));
  }
}

void SentinelWatch::poll_members(const SentinelGroup& group) {
  Names names;
  for (const auto& [address, member] : group.members) names.insert(address);
  early_polls_.add(std::move(names));
}

}  // namespace hitwatch::topology
