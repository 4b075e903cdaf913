#include "collectors/topology/cluster_watch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "collectors/topology/cluster_standing.h"
#include "collectors/topology/cluster_targets.h"
#include "collectors/topology/source_metrics.h"

namespace hitwatch::topology {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatienceWithGuide{500};
constexpr milliseconds kPatienceWithSeeds{500};
constexpr milliseconds kPatienceInSearch{300};
constexpr std::size_t kMostSearched = 16;  // in one look
constexpr std::size_t kOpinionsALook = 1;  // beside those that differed last time
constexpr std::size_t kMostAskedAgain = 2;
constexpr milliseconds kSoonest{200};       // from look to look
constexpr std::size_t kLongestError = 200;  // of a server, in the log
constexpr std::size_t kMostComplaints = 1000;
constexpr std::size_t kMostNamed = 3;  // in a text

std::vector<redis::Target> seeds_of(const ClusterOptions& options) {
  std::vector<redis::Target> seeds;
  for (const net::RedisUrl& url : options.urls) {
    seeds.push_back(node_target(url, options));
    seeds.back().url = url;  // what the configuration names is no announced address
    seeds.back().alias.clear();
  }
  return seeds;
}

// What changes when something is under way.
bool is_calm(const ClusterView& before, const ClusterView& after) {
  return before.nodes == after.nodes && before.open_slots == after.open_slots;
}

}  // namespace

ClusterWatch::ClusterWatch(Surroundings surroundings, ClusterOptions options, const Pace& pace,
                           const ClusterIntervals& intervals)
    : surroundings_(std::move(surroundings)),
      options_(std::move(options)),
      asker_(surroundings_.executor, surroundings_.resolver, surroundings_.tls_contexts,
             pace.timeout),
      candidates_(seeds_of(options_)),
      pace_(intervals),
      backoff_(intervals.busy, intervals.quiet, std::hash<std::string>{}(options_.name)),
      newcomers_(surroundings_.newcomers),
      names_(surroundings_.former == nullptr ? ShardNames::ByNode()
                                             : surroundings_.former->shard_names),
      telling_(surroundings_.log, "cluster:" + options_.name, surroundings_.happened),
      patience_(surroundings_.executor),
      due_(surroundings_.executor) {}

void ClusterWatch::start() { look(); }

void ClusterWatch::stop() {
  stopped_ = true;
  asker_.close();
  patience_.cancel();
  due_.cancel();
}

void ClusterWatch::set_pace(const Pace& pace) { asker_.set_timeout(pace.timeout); }

std::shared_ptr<const Outcome> ClusterWatch::latest() const {
  const std::scoped_lock lock(mutex_);
  return latest_;
}

// Looks: who is asked, and when.

void ClusterWatch::look() {
  ++look_;
  again_ = false;
  fallback_.reset();
  began_ = Clock::now();
  if (!map_) {
    settle();
  } else if (!guide_ || asker_.is_asking(guide_->target)) {
    search();
  } else {
    phase_ = Phase::kAsking;
    ask(*guide_, look_);
    wait_for_answers(kPatienceWithGuide);
  }
  if (is_looking()) ask_opinions();
}

void ClusterWatch::look_soon() {
  if (stopped_ || std::exchange(again_, true) || is_looking()) return;
  wait(std::max(Clock::duration::zero(), began_ + kSoonest - Clock::now()));
}

void ClusterWatch::wait(Clock::duration time) {
  due_.expires_after(time);
  due_.async_wait([weak = weak_from_this()](const boost::system::error_code& code) {
    const auto self = weak.lock();
    if (self != nullptr && !code && !self->stopped_ && !self->is_looking()) self->look();
  });
}

// `for_look`: the look that waits for the answer; 0 none, unless it asks around.
void ClusterWatch::ask(const ClusterCandidate& candidate, std::uint64_t for_look) {
  ++outstanding_;
  const redis::Target node = with_credentials(surroundings_, candidate.target);
  asker_.ask(node, [this, candidate, for_look](Answer answer) {
    --outstanding_;
    const bool asks_around = phase_ == Phase::kSettling || phase_ == Phase::kSearching;
    const bool awaited = asks_around || (is_looking() && for_look == look_);
    on_answer(candidate, std::move(answer), awaited);
  });
}

// Those that differed are asked again first: they may have been told meanwhile.
void ClusterWatch::ask_opinions() {
  if (!map_ || lost_) return;
  const auto may_be_asked = [&](const ClusterCandidate& candidate) {
    return !asker_.is_asking(candidate.target);
  };
  std::size_t asked = 0;
  for (const std::string& id : opinions_.dissenting()) {
    const auto candidate = candidates_.node(id);
    if (!candidate || !may_be_asked(*candidate)) continue;
    if (asked++ == kMostAskedAgain) break;
    ask(*candidate, 0);
  }
  for (const ClusterCandidate& candidate : candidates_.in_turn(kOpinionsALook, may_be_asked)) {
    ask(candidate, 0);
  }
}

void ClusterWatch::settle() {
  phase_ = Phase::kSettling;
  patient_ = true;
  testimonies_.clear();
  for (const ClusterCandidate& seed : candidates_.seeds()) {
    if (!asker_.is_asking(seed.target)) ask(seed, look_);
  }
  wait_for_answers(kPatienceWithSeeds);
}

// Once all seeds have been heard, or patience is over and one has.
void ClusterWatch::settle_on() {
  if (outstanding_ > 0 && (patient_ || testimonies_.empty())) return;
  // By the configuration's order, not by who was quickest: the same is chosen the next time.
  std::ranges::sort(testimonies_, {}, [&](const ClusterTestimony& testimony) {
    return candidates_.seed_place(testimony.from);
  });
  const ClusterTestimony* first = most_named(testimonies_);
  if (first == nullptr) {
    lose();
  } else {
    hear(first->from, first->view);
    follow(first->from, first->view);
    for (const ClusterTestimony& testimony : testimonies_) {
      if (&testimony != first) believe(testimony.from, testimony.view, false);
    }
    testimonies_.clear();
  }
  end_look();
}

void ClusterWatch::search() {
  phase_ = Phase::kSearching;
  searched_ = 0;
  search_ = candidates_.for_search([&](const ClusterCandidate& candidate) {
    const auto seen = observations_.find(candidate.target.name());
    return seen != observations_.end() && seen->second.up;
  });
  std::erase_if(search_, [&](const ClusterCandidate& candidate) {
    return asker_.is_asking(candidate.target);
  });
  if (search_.size() > kMostSearched) search_.resize(kMostSearched);
  search_on();
}

void ClusterWatch::search_on() {
  if (searched_ < search_.size()) {
    ask(search_[searched_++], look_);
    wait_for_answers(kPatienceInSearch);
  } else if (outstanding_ == 0) {
    end_search();
  }
}

void ClusterWatch::wait_for_answers(milliseconds patience) {
  patience_.expires_after(patience);
  patience_.async_wait([weak = weak_from_this()](const boost::system::error_code& code) {
    const auto self = weak.lock();
    if (self != nullptr && !code && !self->stopped_) self->go_on();
  });
}

// The one asked has nothing to say that can be followed, or nothing as yet.
void ClusterWatch::go_on() {
  switch (phase_) {
    case Phase::kWaiting:
      break;
    case Phase::kAsking:
      search();
      break;
    case Phase::kSettling:
      patient_ = false;
      settle_on();
      break;
    case Phase::kSearching:
      search_on();
      break;
  }
}

// Whoever has left the cluster, or is of another one, is better than nobody where nothing is known;
// else not before the others have been silent for long.
void ClusterWatch::end_search() {
  const bool given_up = !answered_ || Clock::now() - *answered_ >= kGivenUp;
  const bool was_nothing = served_slots(map_->view) == 0;
  const bool has_slots = fallback_ && served_slots(fallback_->view) > 0;
  const bool is_member = fallback_ && !fallback_->stranger;
  if (fallback_ &&
      (given_up || (was_nothing && (has_slots || is_member)) || (is_member && has_slots))) {
    const Fallback found = *std::exchange(fallback_, std::nullopt);
    follow(found.from, found.view);
  } else {
    lose();
  }
  end_look();
}

void ClusterWatch::end_look() {
  phase_ = Phase::kWaiting;
  patience_.cancel();
  const auto now = Clock::now();
  telling_.turn(now);
  if (map_) {
    for (Event& event : moves_.take(*map_, now)) tell(std::move(event));
    if (const auto turned = opinions_.turn(now)) {
      Event event;
      event.kind = *turned ? event_kind::kDisagreement : event_kind::kAgreement;
      if (*turned) event.to = dissenting_text();
      tell(std::move(event));
    }
    if (const auto majority = opinions_.majority()) guide_ = candidates_.node(*majority);
    follow_seeds();
  }
  publish();
  if (stopped_) return;
  if (again_) {
    wait(std::max(Clock::duration::zero(), began_ + kSoonest - now));
  } else if (lost_ || !map_) {
    wait(backoff_.next());
  } else {
    const auto next = began_ + pace_.interval(map_->view.nodes.size(), now);
    wait(std::max(Clock::duration::zero(), next - now));
  }
}

// Answers: what is believed.

void ClusterWatch::on_answer(const ClusterCandidate& from, Answer answer, bool awaited) {
  if (stopped_) return;
  if (answer && map_ && newcomers_of(*answer) > newcomers_.left(Clock::now())) {
    answer = std::unexpected(net::Error{
        net::Reason::kProtocol, "the cluster would have more new nodes than hitwatch takes up"});
  }
  if (!answer) {
    miss(from, answer.error());
  } else if (phase_ == Phase::kSettling) {
    testimonies_.push_back({from, *std::move(answer)});
  } else if (believe(from, *std::move(answer), awaited)) {
    if (awaited) end_look();
    return;
  }
  if (phase_ == Phase::kSettling) {
    settle_on();
  } else if (awaited && guide_ && phase_ == Phase::kAsking) {
    end_look();  // one who knows more has answered meanwhile
  } else if (awaited) {
    go_on();
  }
}

std::size_t ClusterWatch::newcomers_of(const ClusterView& view) const {
  return static_cast<std::size_t>(std::ranges::count_if(view.nodes, [&](const ClusterNode& node) {
    return !map_ || map_->view.find(node.id) == nullptr;
  }));
}

void ClusterWatch::miss(const ClusterCandidate& from, const net::Error& error) {
  const std::string address = from.target.url.address();
  opinions_.forget(from.id.empty() ? address : from.id);
  strangers_.forget(from);
  last_error_ = error.text.substr(0, kLongestError);
  if (error.reason == net::Reason::kProtocol) complain(from, last_error_);
  surroundings_.log.debug("a node of a cluster did not answer",
                          {{"cluster", options_.name}, {"node", address}, {"error", last_error_}});
  if (guide_ && guide_->target.url == from.target.url) guide_.reset();
}

// True: there is a guide, and its view is followed.
bool ClusterWatch::believe(const ClusterCandidate& from, ClusterView view, bool awaited) {
  const bool by_guide = guide_ && guide_->target.url == from.target.url;
  const auto standing = standing_of(view, map_->view, from.id);
  if (standing == ClusterStanding::kMisplaced) {
    complain(from, "another node of the cluster answers there");
    if (by_guide) guide_.reset();
    return false;
  }
  const bool stranger = standing == ClusterStanding::kStranger;
  if (stranger) {
    complain(from, "it answers for another cluster");
    if (candidates_.seed_place(from)) strangers_.hear(from, view);
    if (by_guide) guide_.reset();
  } else {
    hear(from, view);
    if (is_to_follow(view, by_guide, awaited)) {
      follow(from, std::move(view));
      return true;
    }
    if (by_guide) guide_.reset();
  }
  if (awaited) fall_back({from, std::move(view), stranger});
  return false;
}

void ClusterWatch::hear(const ClusterCandidate& from, const ClusterView& view) {
  const std::string address = from.target.url.address();
  complaints_.erase(address);
  strangers_.forget(from);
  opinions_.hear(view.myself.empty() ? address : view.myself, fingerprint(view), view.epoch());
}

// What was followed first may have been a lie, if nobody else vouches for it.
void ClusterWatch::follow_seeds() {
  if (opinions_.heard() > 1) return;
  const bool serves = served_slots(map_->view) > 0;
  const ClusterTestimony* found = strangers_.successor(candidates_.seeds().size(), serves);
  if (found == nullptr) return;
  const ClusterTestimony next = *found;
  strangers_.clear();
  hear(next.from, next.view);
  follow(next.from, next.view);
}

void ClusterWatch::fall_back(Fallback to) {
  const auto worth = [](const Fallback& fallback) {
    return std::tuple(!fallback.stranger, served_slots(fallback.view), fallback.view.epoch());
  };
  if (!fallback_ || worth(to) > worth(*fallback_)) fallback_ = std::move(to);
}

// One that sees no slots where there were some has left the cluster, or is yet to join it: others
// are heard first. So are they where a search has found one that knows less than is known.
bool ClusterWatch::is_to_follow(const ClusterView& view, bool by_guide, bool awaited) const {
  const bool is_the_node_asked = guide_ && !guide_->id.empty();
  const bool is_blank = served_slots(view) == 0 && served_slots(map_->view) > 0;
  if (is_blank) return false;
  if (by_guide && is_the_node_asked) return true;
  return guide_ && !awaited ? outranks(view, map_->view) : view.epoch() >= map_->view.epoch();
}

// "of other views: node-1:7000, node-2:7000 and 3 more"
std::string ClusterWatch::dissenting_text() const {
  const std::vector<std::string> ids = opinions_.dissenting();
  std::vector<std::string> names;
  for (const std::string& id : ids) {
    if (names.size() == kMostNamed) break;
    const ClusterNode* node = map_->view.find(id);
    const auto place =
        node == nullptr ? kNoNode : static_cast<std::size_t>(node - map_->view.nodes.data());
    names.push_back(place == kNoNode || map_->instances[place].empty() ? id
                                                                       : map_->instances[place]);
  }
  std::string text = fmt::format("of other views: {}", fmt::join(names, ", "));
  if (ids.size() > names.size()) text += fmt::format(" and {} more", ids.size() - names.size());
  return text;
}

void ClusterWatch::complain(const ClusterCandidate& about, const std::string& what) {
  const std::string address = about.target.url.address();
  if (complaints_.size() > kMostComplaints) complaints_.clear();
  if (std::exchange(complaints_[address], what) == what) return;
  Event event;
  event.kind = event_kind::kDisagreement;
  event.instance = about.target.name();
  event.to = what;
  tell(std::move(event));
}

// The guide answers from its own address, or from one behind which it may be another node each
// time: a service's name, or a configuration endpoint.
void ClusterWatch::expect_guide(const std::string& id) {
  const bool own = std::ranges::any_of(reached_, [&](const std::optional<redis::Target>& node) {
    return node && node->url == guide_->target.url;
  });
  guide_->id = own ? id : std::string();
}

void ClusterWatch::follow(const ClusterCandidate& from, ClusterView view) {
  const auto now = Clock::now();
  answered_ = now;
  guide_ = from;
  backoff_.reset();
  const bool was_lost = std::exchange(lost_, false);
  if (was_lost) {
    Event event;
    event.kind = event_kind::kSourceFound;
    tell(std::move(event));
  }
  const bool same = map_ && is_calm(map_->view, view) && asked_host_ == from.target.url.host;
  if (same) {
    if (was_lost && !is_looking()) publish();
    return;
  }
  pace_.changed(now);
  newcomers_.take(newcomers_of(view));
  asked_host_ = from.target.url.host;
  reached_ = node_targets(view, from.target.url, options_);
  expect_guide(view.myself);
  std::vector<std::string> instances;
  for (const auto& target : reached_) instances.push_back(target ? target->name() : "");
  opinions_.follow(fingerprint(view), view.epoch());
  ClusterMap next = names_.arrange(std::move(view), std::move(instances));
  candidates_.know(next, reached_);
  const std::optional<ClusterMap> former = std::exchange(map_, std::move(next));
  opinions_.keep_only([&](const std::string& id) { return map_->view.find(id) != nullptr; });
  std::erase_if(observations_, [&](const auto& entry) {
    return std::ranges::find(map_->instances, entry.first) == map_->instances.end();
  });
  if (former) {
    note_changes(*former);
  } else {
    telling_.info("found the nodes of a cluster",
                  {{"cluster", options_.name},
                   {"nodes", std::to_string(map_->view.nodes.size())},
                   {"shards", std::to_string(map_->shards.size())},
                   {"told_by", from.target.url.address()}});
  }
  // Who asked for an opinion only would have to wait for the next look.
  if (!is_looking()) publish();
}

void ClusterWatch::note_changes(const ClusterMap& former) {
  ClusterChanges changes = changes_between(former, *map_);
  for (Event& event : changes.events) tell(std::move(event));
  moves_.note(former, *map_, Clock::now());
  if (!changes.to_poll.empty()) {
    publish();
    surroundings_.poll_now(std::move(changes.to_poll));
  }
}

void ClusterWatch::tell(Event event) {
  event.time = std::chrono::system_clock::now();
  event.group = options_.name;
  if (guide_) event.told_by = guide_->target.url.address();
  telling_.event(std::move(event));
}

void ClusterWatch::lose() {
  ++failures_;
  guide_.reset();
  if (std::exchange(lost_, true)) return;
  Event event;
  event.kind = event_kind::kSourceLost;
  event.to = last_error_;
  tell(std::move(event));
}

void ClusterWatch::publish() {
  auto outcome = std::make_shared<Outcome>();
  outcome->answered = answered_;
  outcome->failures = failures_;
  if (map_) {
    outcome->targets = placed_targets(*map_, reached_, options_, !lost_);
    outcome->metrics =
        cluster_metrics({.cluster = options_.name,
                         .map = *map_,
                         .observations = observations_,
                         .dissenting = opinions_.dissenting().size() + strangers_.count(),
                         .labels = options_.labels,
                         .answers = !lost_});
    add_source_metrics(outcome->metrics, telling_, 0);
    outcome->shard_names = names_.by_node();
  }
  {
    const std::scoped_lock lock(mutex_);
    latest_ = std::move(outcome);
  }
  surroundings_.changed();
}

// Polls: what they tell.

bool ClusterWatch::tells_of_change(const std::string& target, const Observed& observed) const {
  const auto known = observations_.find(target);
  if (known == observations_.end()) return !observed.up;
  const auto telling = [](const Observed& o) {
    return std::tie(o.up, o.role, o.cluster_epoch, o.cluster_slots_ok, o.cluster_nodes);
  };
  return telling(known->second) != telling(observed);
}

void ClusterWatch::polled(const std::string& target, const Observed& observed) {
  const bool change = tells_of_change(target, observed);
  observations_[target] = observed;
  if (!change) return;
  pace_.changed(Clock::now());
  look_soon();
}

}  // namespace hitwatch::topology
