// Thousands of random steps (alerts fire, end, are muted; settings are reloaded; the process is
// killed) judged by a plain model that keeps, for each group, destination and alert, the list of
// changes that are to be told. Time goes in turns that are longer than a group_interval, so that at
// the end of each turn every group's time has come.
#include <optional>
#include <random>
#include <tuple>

#include "tests/notify/dispatching.h"
#include "tests/repetitions.h"

namespace hitwatch::notify {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kTurn = 6 * kMinute;

class Model {
 public:
  struct AlertState {
    metrics::Labels labels;
    bool firing = false;
    std::optional<std::int64_t> ends_at;
    std::size_t changes = 0;
  };
  struct Telling {
    bool firing = false;        // what was told
    std::vector<bool> changes;  // firing, or resolved: what is to be told
    void collapse(bool now) {
      changes.clear();
      if (now != firing) changes.push_back(now);
    }
  };
  using Group = std::pair<std::string, std::string>;  // key, receiver
  using Way = std::pair<Group, Destination>;
  struct To {
    Way way;
    bool send_resolved;
  };

  void configure(const Settings& settings) {
    settings_ = &settings;
    std::map<Way, std::int64_t> told_at;
    for (const auto& [name, state] : alerts) regroup(name, state, told_at);
    told_at_ = std::move(told_at);
    forget();
  }
  void fire(const std::string& name, const Alert& alert, std::int64_t now) {
    expire(now);
    AlertState& state = alerts[name];
    state.labels = alert.labels;
    state.ends_at = alert.ends_at;
    if (state.changes == 0) {
      for (const To& to : ways_of(state)) tellings_[name][to.way];
    }
    if (!state.firing) change(name, true);
    forget();
  }
  void resolve(const std::string& name, std::int64_t now) {
    expire(now);
    const auto known = alerts.find(name);
    if (known != alerts.end() && known->second.firing) change(name, false);
    forget();
  }
  std::map<Way, Lines> flush(const std::set<std::string>& muted, std::int64_t now) {
    expire(now);
    std::map<Way, std::pair<std::vector<std::string>, bool>> ways;
    for (const auto& [name, state] : alerts) {
      for (const To& to : ways_of(state)) {
        if (muted.contains(name)) {
          if (!tellings_[name][to.way].changes.empty()) held_.insert({name, to.way.first});
        } else {
          held_.erase({name, to.way.first});
          ways[to.way].first.push_back(name);
          ways[to.way].second = to.send_resolved;
        }
      }
      collapse_what_is_held(name);
    }
    std::map<Way, Lines> sent;
    for (const auto& [way, who] : ways) tell(way, who.first, who.second, now, sent[way]);
    std::erase_if(sent, [](const auto& entry) { return entry.second.empty(); });
    forget();
    return sent;
  }
  void expire(std::int64_t now) {
    std::vector<std::string> over;
    for (const auto& [name, state] : alerts) {
      if (state.firing && state.ends_at && *state.ends_at <= now) over.push_back(name);
    }
    for (const std::string& name : over) change(name, false);
    forget();
  }

  std::size_t waiting() const {
    std::size_t sum = 0;
    for (const auto& [name, ways] : tellings_) {
      std::size_t most = 0;
      for (const auto& [way, telling] : ways) most = std::max(most, telling.changes.size());
      sum += most;
    }
    return sum;
  }

  std::map<std::string, AlertState> alerts;

 private:
  std::vector<To> ways_of(const AlertState& state) const {
    std::vector<To> ways;
    for (const Route* to : match_routes(settings_->route, state.labels)) {
      const Group group(group_key(*to, group_labels(*to, state.labels)), to->receiver);
      std::map<std::string_view, std::size_t> index;
      for (const Integration& one : settings_->receiver(to->receiver)->integrations) {
        ways.push_back({{group, {to->receiver, std::string(one.name()), index[one.name()]++}},
                        one.send_resolved});
      }
    }
    return ways;
  }

  void change(const std::string& name, bool firing) {
    AlertState& state = alerts[name];
    state.firing = firing;
    ++state.changes;
    if (!firing) state.ends_at.reset();
    for (auto& [way, telling] : tellings_[name]) telling.changes.push_back(firing);
    collapse_what_is_held(name);
  }

  // Held back is an alert in a group, until there is nothing to tell any more.
  void collapse_what_is_held(const std::string& name) {
    for (auto& [way, telling] : tellings_[name]) {
      if (held_.contains({name, way.first})) telling.collapse(alerts[name].firing);
    }
    release_what_is_not_pending(name);
  }
  void release_what_is_not_pending(const std::string& name) {
    std::set<Group> pending;
    for (const auto& [way, telling] : tellings_[name]) {
      if (!telling.changes.empty()) pending.insert(way.first);
    }
    std::erase_if(
        held_, [&](const auto& one) { return one.first == name && !pending.contains(one.second); });
  }

  void forget() {
    std::set<Group> in_use;
    std::erase_if(alerts, [&](const auto& entry) {
      bool done = !entry.second.firing;
      for (const auto& [way, telling] : tellings_[entry.first]) {
        done = done && telling.changes.empty();
      }
      for (const auto& [way, telling] : tellings_[entry.first]) {
        if (!done) in_use.insert(way.first);
      }
      if (done) tellings_.erase(entry.first);
      return done;
    });
    std::erase_if(told_at_, [&](const auto& one) { return !in_use.contains(one.first.first); });
  }

  void regroup(const std::string& name, const AlertState& state,
               std::map<Way, std::int64_t>& told_at) {
    auto before = std::exchange(tellings_[name], {});
    const std::vector<To> ways = ways_of(state);
    std::set<Group> groups;
    for (const To& to : ways) groups.insert(to.way.first);
    std::vector<Way> new_ways;
    std::set<Way> taken;
    for (const To& to : ways) {
      const auto from = std::ranges::find_if(before, [&](const auto& one) {
        return one.first == to.way ||
               (one.first.second == to.way.second && !groups.contains(one.first.first));
      });
      if (from == before.end()) {
        new_ways.push_back(to.way);
        continue;
      }
      taken.insert(from->first);
      tellings_[name][to.way] = from->second;
      if (held_.contains({name, from->first.first})) held_.insert({name, to.way.first});
      const bool knows_it = state.changes > from->second.changes.size();
      if (knows_it || from->first == to.way) {
        told_at[to.way] = std::max(told_at[to.way], told_at_[from->first]);
      }
    }
    Telling untold{.firing = state.firing, .changes = {}};
    for (const auto& [way, telling] : before) {
      if (!taken.contains(way) && telling.changes.size() > untold.changes.size()) untold = telling;
    }
    if (untold.firing && !untold.changes.empty()) untold.changes.erase(untold.changes.begin());
    if (untold.firing && untold.changes.empty() && state.firing) untold.changes = {true};
    for (const Way& way : new_ways) tellings_[name][way] = {false, untold.changes};
    release_what_is_not_pending(name);
  }

  void tell(const Way& way, const std::vector<std::string>& names, bool send_resolved,
            std::int64_t now, Lines& lines) {
    std::map<std::string, std::vector<bool>> news;
    std::size_t rounds = 0;
    for (const std::string& name : names) {
      Telling& telling = tellings_[name][way];
      for (const bool firing : std::exchange(telling.changes, {})) {
        if (firing || send_resolved) news[name].push_back(firing);
      }
      telling.firing = alerts[name].firing;
      rounds = std::max(rounds, news[name].size());
    }
    std::int64_t& told_at = told_at_[way];
    const bool repeat =
        rounds == 0 && told_at != 0 && now - told_at >= settings_->route.repeat_interval.count();
    for (std::size_t round = 0; round < rounds + (repeat ? 1 : 0); ++round) {
      Lines entries;
      bool some_firing = false;
      bool new_firing = false;
      for (const std::string& name : names) {
        const bool is_news = round < news[name].size();
        const bool firing = is_news ? news[name][round] : alerts[name].firing;
        if (!is_news && !firing) continue;
        entries.push_back((firing ? " +" : " -") + name);
        some_firing = some_firing || firing;
        new_firing = new_firing || (is_news && firing);
      }
      if (entries.empty()) continue;
      std::ranges::sort(entries);
      const Reason reason = repeat         ? Reason::kRepeat
                            : !some_firing ? Reason::kAllResolved
                            : told_at == 0 ? Reason::kFirst
                            : new_firing   ? Reason::kNewAlerts
                                           : Reason::kSomeResolved;
      lines.push_back(fmt::format("{} {} {}:{}", way.second.text(), way.first.first,
                                  reason_text(reason), fmt::join(entries, "")));
      told_at = now;
    }
  }

  const Settings* settings_ = nullptr;
  std::map<std::string, std::map<Way, Telling>> tellings_;
  std::set<std::pair<std::string, Group>> held_;
  std::map<Way, std::int64_t> told_at_;
};

// Settings between which reloads change. An alert reaches a destination on one way at most.
std::vector<Settings> variants() {
  std::vector<Settings> all(5);
  for (Settings& one : all) {
    one.receivers = {receiver("team"), receiver("other", {false, true}), receiver("third"),
                     receiver("nobody", {})};
    one.route = route("team");
  }
  all[1].route.group_by = {"g"};
  all[2].route.routes = {route("other", "s", "1"), route("third", "s", "1")};
  all[2].route.routes[0].proceed = true;
  all[3].route.receiver = "other";
  all[3].route.group_by = {"alertname"};
  all[4].receivers[0] = receiver("team", {true, false});
  all[4].route.receiver = "nobody";
  all[4].route.routes = {route("team", "g", "1")};
  for (Settings& one : all) {
    one.route.repeat_interval = milliseconds(20 * kTurn);
    for (Route& child : one.route.routes) child.repeat_interval = one.route.repeat_interval;
  }
  return all;
}

class DispatcherRandomTest : public Dispatching {
 protected:
  void run(unsigned seed, int turns) {
    random_.seed(seed);
    options.max_changes_of_alert = 1000;
    options.grace_ms = 0;
    map.reset();
    muted.clear();
    variant_ = 0;
    settings = all_[0];
    model_ = Model();
    model_.configure(all_[0]);
    restart();
    commit();
    for (int turn = 0; turn < turns && !HasFailure(); ++turn) {
      const std::int64_t end = now + kTurn;
      for (int steps = below(16); steps > 0; --steps) {
        now += below(1500);
        step();
        ASSERT_EQ(dispatcher->size(), model_.alerts.size());
        ASSERT_EQ(dispatcher->waiting(), model_.waiting());
      }
      now = end - kTurn + kMinute / 2;  // until then, alerts begin and end
      dispatcher->take({}, now);
      model_.expire(now);
      now = end;
      flush_both();
    }
  }

  int sent_ = 0;

 private:
  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }

  void step() {
    const int alert_number = below(6);
    const std::string name = fmt::format("A{}", alert_number);
    Alert one = alert(name, {{"s", alert_number % 2 == 0 ? "1" : "2"},
                             {"g", fmt::format("{}", alert_number % 3)}});
    switch (below(20)) {
      case 0:
        variant_ = static_cast<std::size_t>(below(5));
        settings = all_[variant_];
        reload();
        model_.configure(all_[variant_]);
        break;
      case 1:
        map = copy_of(*committed_map_);
        model_ = committed_model_;
        restart();
        model_.configure(all_[variant_]);
        break;
      case 2:
      case 3:
        if (!muted.erase(name)) muted.insert(name);
        if (below(2) == 0) dispatcher->mutes_changed(now);
        break;
      case 4:
      case 5:
      case 6:
        commit();
        break;
      default:
        if (below(2) == 0) {
          if (below(4) == 0) one.ends_at = now + below(3) * kTurn + below(1500) + 1;
          dispatcher->take({one}, now);
          model_.fire(name, one, now);
        } else {
          one.ends_at = now;
          dispatcher->take({one}, now);
          model_.resolve(name, now);
        }
    }
  }

  void flush_both() {
    std::map<Model::Way, Lines> sent;
    for (const Message& message : dispatcher->flush(now)) {
      const Model::Group group(message.group_key, message.destination.receiver);
      sent[{group, message.destination}].push_back(line(message));
      ++sent_;
    }
    EXPECT_EQ(sent, model_.flush(muted, now)) << "turn that ends at " << (now - start) / kTurn;
    if (below(3) > 0) commit();
  }

  void commit() {
    committed_map_ = copy_of(*map);
    committed_model_ = model_;
  }

  const std::vector<Settings> all_ = variants();
  std::size_t variant_ = 0;
  std::mt19937 random_;
  Model model_;
  Model committed_model_;
  std::unique_ptr<DurableMap> committed_map_;
};

TEST_F(DispatcherRandomTest, EveryChangeIsToldOnceToEveryDestinationWhateverHappens) {
  constexpr int kSeeds = repetitions(8, 4);
  for (int seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    run(static_cast<unsigned>(seed), 100);
  }
  EXPECT_GT(sent_, kSeeds * 125);
}

}  // namespace
}  // namespace hitwatch::notify
