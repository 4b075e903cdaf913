#include "agent/notify/alert_group.h"

#include <algorithm>

namespace hitwatch::notify {

const Alert& AlertRecord::at(ChangeNumber change) const {
  const auto earlier = past.find(instance_of(change));
  return earlier == past.end() ? alert : earlier->second;
}

ChangeNumber AlertRecord::least_told() const {
  ChangeNumber least = changes;
  for (const AlertGroup* group : groups) {
    const auto member = group->members.find(fingerprint);
    if (member == group->members.end()) continue;
    for (const ChangeNumber told : member->second.told) least = std::min(least, told);
  }
  return least;
}

bool GroupMember::pending() const {
  return std::ranges::any_of(told, [&](ChangeNumber number) { return number < record->changes; });
}

std::optional<std::size_t> AlertGroup::index_of(const Destination& destination) const {
  const auto found = std::ranges::find(destinations, destination, &GroupDestination::destination);
  if (found == destinations.end()) return std::nullopt;
  return static_cast<std::size_t>(found - destinations.begin());
}

void AlertGroup::note_pending(GroupMember& member) {
  if (member.pending()) {
    changed.insert(member.record->fingerprint);
  } else {
    changed.erase(member.record->fingerprint);
    member.held = false;
  }
}

std::optional<std::int64_t> AlertGroup::next() const {
  if (!changed.empty()) return next_flush;
  if (repeat_at) return std::max(next_flush, *repeat_at);
  return std::nullopt;
}

void AlertGroup::expect_first_flush(const Alert& alert, std::int64_t now) {
  if (flushed) return;
  const std::int64_t wait = route->group_wait.count();
  next_flush = std::min(next_flush, alert.starts_at < now - wait ? now : now + wait);
}

void AlertGroup::limit_timers(std::int64_t now) {
  const auto longest = flushed ? route->group_interval : route->group_wait;
  next_flush = std::min(next_flush, now + longest.count());
  for (GroupDestination& destination : destinations) {
    destination.told_at = std::min(destination.told_at, now);
  }
}

void AlertGroup::plan_repetition() {
  repeat_at.reset();
  if (std::ranges::none_of(members, [](const auto& m) { return m.second.record->firing(); })) {
    return;
  }
  for (const GroupDestination& destination : destinations) {
    if (destination.told_at == 0) continue;
    const std::int64_t at = destination.told_at + route->repeat_interval.count();
    repeat_at = std::min(repeat_at.value_or(at), at);
  }
}

namespace {

// What one destination was told of an alert in one group before.
struct ToldBefore {
  const AlertGroup* group = nullptr;
  std::size_t destination = 0;
  ChangeNumber told = 0;
  bool held = false;
  bool left = false;  // the alert is no longer in that group
  bool taken = false;
};

std::vector<ToldBefore> all_told_before(const AlertRecord& record,
                                        const std::vector<AlertGroup*>& before) {
  std::vector<ToldBefore> all;
  for (const AlertGroup* group : before) {
    const auto member = group->members.find(record.fingerprint);
    if (member == group->members.end()) continue;
    const bool left = std::ranges::none_of(record.groups, [&](const AlertGroup* now) {
      return now->key == group->key && now->receiver == group->receiver;
    });
    for (std::size_t i = 0; i < group->destinations.size(); ++i) {
      all.push_back({group, i, member->second.told[i], member->second.held, left, false});
    }
  }
  return all;
}

ToldBefore* told_in_same_group(std::vector<ToldBefore>& all, const AlertGroup& group,
                               const Destination& destination) {
  for (ToldBefore& one : all) {
    if (!one.left && !one.taken && one.group->key == group.key &&
        one.group->receiver == group.receiver &&
        one.group->destinations[one.destination].destination == destination) {
      return &one;
    }
  }
  return nullptr;
}

ToldBefore* told_in_a_left_group(std::vector<ToldBefore>& all, const Destination& destination) {
  for (ToldBefore& one : all) {
    if (one.left && !one.taken &&
        one.group->destinations[one.destination].destination == destination) {
      return &one;
    }
  }
  return nullptr;
}

void take_over(ToldBefore& before, AlertGroup& group, GroupMember& member, std::size_t index) {
  before.taken = true;
  member.told[index] = before.told;
  member.held = member.held || before.held;
  // Whom the group that was left is still to tell of the alert knows it from no group.
  if (before.left && before.told == 0 && before.group->flushed) return;
  std::int64_t& told_at = group.destinations[index].told_at;
  told_at = std::max(told_at, before.group->destinations[before.destination].told_at);
  if (!before.left) return;  // its timers are the group's own already
  group.next_flush = std::min(group.next_flush, before.group->next_flush);
  group.flushed = group.flushed || before.group->flushed;
}

}  // namespace

void carry_over(AlertRecord& record, const std::vector<AlertGroup*>& before) {
  struct Unknown {
    GroupMember* member;
    std::size_t index;
  };
  std::vector<ToldBefore> all = all_told_before(record, before);
  std::vector<Unknown> newcomers;
  for (AlertGroup* group : record.groups) {
    GroupMember& member = group->members.at(record.fingerprint);
    member.told.assign(group->destinations.size(), 0);
    for (std::size_t i = 0; i < group->destinations.size(); ++i) {
      const Destination& destination = group->destinations[i].destination;
      ToldBefore* told = told_in_same_group(all, *group, destination);
      if (told == nullptr) told = told_in_a_left_group(all, destination);
      if (told != nullptr) {
        take_over(*told, *group, member, i);
      } else {
        newcomers.push_back({&member, i});
      }
    }
  }
  ChangeNumber untold = record.changes;
  for (const ToldBefore& one : all) {
    if (!one.taken) untold = std::min(untold, one.told);
  }
  for (const auto& [member, index] : newcomers) {
    member->told[index] = told_to_newcomer(untold, record.changes);
  }
}

}  // namespace hitwatch::notify
