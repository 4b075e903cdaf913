#include "collectors/topology/sentinel_opinion.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace hitwatch::topology {

class SentinelGroup::Step {
 public:
  Step(SentinelGroup& group, std::span<const Testimony> testimonies, const OpinionTime& time,
       std::size_t room)
      : group_(group), testimonies_(testimonies), time_(time), room_(room) {}

  std::vector<Event> run() {
    if (!testimonies_.empty()) {
      choose_master();
      list_members();
      group_.left_out = left_out_.size();
      if (group_.left_out > 0) group_.waits_ = true;  // for room
      judge_down();
      drop_forgotten();
      note_dissent();
    }
    note_claims();
    return std::move(events_);
  }

 private:
  void choose_master() {
    struct Votes {
      std::size_t count = 0;
      std::optional<std::uint64_t> epoch;
      const std::string* by = nullptr;
    };
    name_candidates();
    std::map<std::string_view, Votes> votes;
    for (const Testimony& one : testimonies_) {
      Votes& of = votes[candidate_of(one)];
      ++of.count;
      of.epoch = std::max(of.epoch, one.told->epoch);
      if (of.by == nullptr) of.by = &one.sentinel;
    }
    const auto best = std::ranges::max_element(votes, {}, [&](const auto& entry) {
      return std::tuple(entry.second.count, entry.second.epoch, entry.first == group_.master);
    });
    group_.dissent = testimonies_.size() - best->second.count;
    group_.told_by = *best->second.by;
    const std::string former = std::exchange(group_.master, std::string(best->first));
    if (former.empty() || former == group_.master) return;
    ++group_.failovers;
    tell(event_kind::kFailover, group_.master, former, group_.master);
  }

  // The names that candidates are known by: the master's before those of others, and those before
  // what sentinels call them.
  void name_candidates() {
    const auto add = [&](const std::string& run_id, const std::string& address) {
      if (!run_id.empty()) candidates_.emplace(run_id, address);
    };
    const auto found = group_.members.find(group_.master);
    if (found != group_.members.end()) add(found->second.run_id, found->first);
    for (const auto& [address, member] : group_.members) add(member.run_id, address);
    for (const Testimony& one : testimonies_) add(one.told->run_id, one.told->address);
  }

  const std::string& candidate_of(const Testimony& one) const {
    const auto named = candidates_.find(one.told->run_id);
    return named == candidates_.end() ? one.told->address : named->second;
  }

  bool agrees(const Testimony& one) const { return candidate_of(one) == group_.master; }

  // A run id that is known at another address is the same server.
  bool is_other_name(const ToldServer& server) const {
    if (server.run_id.empty()) return false;
    const auto found = by_run_id_.find(server.run_id);
    return found != by_run_id_.end() && found->second != server.address;
  }

  void list(const ToldServer& server) {
    if (is_other_name(server)) {
      other_names_.insert(server.address);
      return;
    }
    auto member = group_.members.find(server.address);
    if (member == group_.members.end()) {
      if (group_.members.size() >= room_ && server.address != group_.master) {
        left_out_.insert(server.address);
        return;
      }
      member = group_.members.emplace(server.address, Member{}).first;
      tell(event_kind::kNodeAdded, server.address, "",
           server.address == group_.master ? "master" : "replica");
    }
    if (!server.run_id.empty()) {
      member->second.run_id = server.run_id;
      by_run_id_.emplace(server.run_id, server.address);
    }
    member->second.listed = time_.now;
  }

  void list_members() {
    bool replicas_told = false;
    list({group_.master, "", false});
    for (const Testimony& one : testimonies_) {
      if (agrees(one)) list({group_.master, one.told->run_id, false});
    }
    // Those that are known keep their name, so they come first.
    for (const bool known : {true, false}) {
      for (const Testimony& one : testimonies_) {
        if (!agrees(one) || !one.told->replicas) continue;
        replicas_told = true;
        for (const ToldServer& server : *one.told->replicas) {
          if (group_.members.contains(server.address) == known) list(server);
        }
      }
    }
    if (replicas_told) return;
    for (auto& [address, member] : group_.members) member.listed = time_.now;
  }

  bool was_down(const std::string& address) const {
    const auto member = group_.members.find(address);
    return member != group_.members.end() && member->second.down;
  }

  void judge_down() {
    struct Count {
      std::size_t listed = 0;
      std::size_t down = 0;
    };
    std::unordered_map<std::string_view, Count> counts;
    const auto count = [&](const std::string& address, const std::string& run_id, bool down) {
      Count& of = counts[address];
      ++of.listed;
      if (down || (run_id.empty() && was_down(address))) ++of.down;
    };
    for (const Testimony& one : testimonies_) {
      if (!agrees(one)) continue;
      count(group_.master, one.told->run_id, one.told->down);
      if (!one.told->replicas) continue;
      for (const ToldServer& server : *one.told->replicas) {
        if (server.address == group_.master) continue;
        count(server.address, server.run_id, server.down);
      }
    }
    for (auto& [address, member] : group_.members) {
      const auto found = counts.find(address);
      if (found == counts.end()) continue;
      const bool down = found->second.down * 2 > found->second.listed;
      if (std::exchange(member.down, down) == down) continue;
      tell(down ? event_kind::kNodeFailed : event_kind::kNodeRecovered, address);
    }
  }

  void drop_forgotten() {
    std::erase_if(group_.members, [&](const auto& entry) {
      if (entry.second.listed == time_.now) return false;
      const bool lingers = time_.now - entry.second.listed < kLingers;
      if (lingers && !other_names_.contains(entry.first)) {
        group_.waits_ = true;
        return false;
      }
      tell(event_kind::kNodeRemoved, entry.first);
      return true;
    });
  }

  void note_dissent() {
    const auto other =
        std::ranges::find_if(testimonies_, [&](const Testimony& one) { return !agrees(one); });
    const bool dissents = other != testimonies_.end();
    if (!turns(group_.disagreement_, dissents, kDisagreementHolds)) return;
    if (dissents) {
      tell(event_kind::kDisagreement, "", group_.master, other->told->address, other->sentinel);
    } else {
      tell(event_kind::kAgreement, "", "", group_.master);
    }
  }

  void note_claims() {
    for (auto& [address, member] : group_.members) {
      const std::string_view role = address == group_.master ? "master" : "replica";
      const bool contradicts = !member.claim.empty() && member.claim != role;
      if (!turns(member.contradicts, contradicts, kClaimHolds)) continue;
      tell(contradicts ? event_kind::kDisagreement : event_kind::kAgreement, address, role,
           member.claim, "");
    }
  }

  // Whether to tell, now, that `holds` has held for long, or that it does so no more.
  bool turns(Held& held, bool holds, std::chrono::seconds needed) {
    if (!holds) {
      held.since.reset();
      return std::exchange(held.told, false);
    }
    if (!held.since) held.since = time_.now;
    if (held.told) return false;
    held.told = time_.now - *held.since >= needed;
    if (!held.told) group_.waits_ = true;
    return held.told;
  }

  void tell(std::string_view kind, const std::string& instance, std::string_view from = {},
            std::string_view to = {}) {
    tell(kind, instance, from, to, group_.told_by);
  }
  void tell(std::string_view kind, const std::string& instance, std::string_view from,
            std::string_view to, const std::string& by) {
    events_.push_back({time_.wall, std::string(kind), group_.name, instance, std::string(from),
                       std::string(to), by});
  }

  SentinelGroup& group_;
  const std::span<const Testimony> testimonies_;
  const OpinionTime& time_;
  const std::size_t room_;
  std::unordered_set<std::string_view> left_out_;
  std::unordered_map<std::string, std::string> candidates_;  // by run id, for masters
  std::unordered_map<std::string, std::string> by_run_id_;
  std::set<std::string> other_names_;  // of members that stand there under their first ones
  std::vector<Event> events_;
};

std::vector<Event> SentinelGroup::consider(std::span<const Testimony> testimonies,
                                           const OpinionTime& time, std::size_t room) {
  waits_ = false;
  return Step(*this, testimonies, time, std::min(room, kMostReplicasOfMaster + 1)).run();
}

bool SentinelGroup::hear(const std::string& address, std::string_view role) {
  const auto member = members.find(address);
  if (member == members.end()) return false;
  std::string claim;
  if (role == "master") claim = "master";
  if (role == "slave" || role == "replica") claim = "replica";
  if (claim == member->second.claim) return false;
  member->second.claim = std::move(claim);
  waits_ = true;
  const std::string_view agreed = address == master ? "master" : "replica";
  return !member->second.claim.empty() && member->second.claim != agreed;
}

bool SentinelGroup::waits() const { return waits_; }

}  // namespace hitwatch::topology
