#include "agent/notify/group_messages.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace hitwatch::notify {
namespace {

// Alerts that the messages of one destination and flush list in total; a large group with an alert
// that changes all the time would exceed every bound otherwise.
constexpr std::uint64_t kMostListed = 100'000;

class GroupTeller {
 public:
  GroupTeller(AlertGroup& group, const MutedOf& muted, const std::function<std::string()>& make_id,
              std::int64_t now)
      : group_(group), muted_(muted), make_id_(make_id), now_(now) {}

  GroupTold run() {
    for (const std::string_view fingerprint : group_.changed) {
      GroupMember& member = group_.members.at(fingerprint);
      if (open(member)) {
        news_.push_back(&member);
        result_.members.push_back(&member);
      } else {
        hold_back(member);
      }
    }
    for (std::size_t i = 0; i < group_.destinations.size(); ++i) tell(i);
    for (GroupMember* member : news_) member->held = false;
    return std::move(result_);
  }

 private:
  bool open(const GroupMember& member) {
    if (!muted_) return true;
    const auto [known, is_new] = open_.try_emplace(&member, false);
    if (is_new) known->second = !muted_(member.record->alert, *group_.route, now_).any();
    return known->second;
  }

  void hold_back(GroupMember& member) {
    const GroupMember before = member;
    const AlertRecord& record = *member.record;
    const std::int64_t ended = std::max(record.alert.ends_at.value_or(0), record.alert.updated_at);
    const bool too_old = !record.firing() && ended < now_ - kHeldResolutionMs;
    for (ChangeNumber& told : member.told) {
      told = too_old ? record.changes : skip_to_difference(told, record.changes);
    }
    member.held = member.pending();
    if (member.told != before.told || member.held != before.held) {
      result_.members.push_back(&member);
    }
  }

  void tell(std::size_t index) {
    const std::uint64_t rounds = bounded_rounds(index);
    for (std::uint64_t round = 0; round < rounds; ++round) add_message(index, round, false);
    if (rounds == 0 && repetition_is_due(index)) add_message(index, 0, true);
    for (GroupMember* member : news_) member->told[index] = member->record->changes;
  }

  std::uint64_t rounds_of(std::size_t index) const {
    std::uint64_t rounds = 0;
    for (const GroupMember* member : news_) rounds = std::max(rounds, news(*member, index).size());
    return rounds;
  }

  std::uint64_t bounded_rounds(std::size_t index) {
    const std::uint64_t rounds = rounds_of(index);
    if (rounds <= 2 || rounds * group_.members.size() <= kMostListed) return rounds;
    for (GroupMember* member : news_) {
      ChangeNumber& told = member->told[index];
      const ChangeNumber skipped = skip_to_last_two(told, member->record->changes);
      result_.changes_collapsed += skipped - told;
      told = skipped;
    }
    return rounds_of(index);
  }

  bool repetition_is_due(std::size_t index) {
    const std::int64_t told_at = group_.destinations[index].told_at;
    if (told_at == 0 || told_at > now_ - group_.route->repeat_interval.count()) return false;
    return std::ranges::any_of(group_.members, [&](auto& entry) {
      return entry.second.record->firing() && open(entry.second);
    });
  }

  News news(const GroupMember& member, std::size_t index) const {
    return member.news(index, group_.destinations[index].send_resolved);
  }

  void add_message(std::size_t index, std::uint64_t round, bool repeated) {
    GroupDestination& to = group_.destinations[index];
    Message message;
    std::vector<MessageAlert> resolved;
    bool new_firing = false;
    for (const auto& [fingerprint, member] : group_.members) {
      const ChangeNumber change = news(member, index).at(round);
      const ChangeNumber state = change != 0 ? change : member.record->changes;
      if ((change == 0 && !is_firing(state)) || !open(member)) continue;
      std::vector<MessageAlert>& list = is_firing(state) ? message.alerts : resolved;
      list.push_back({member.record->at(state), is_firing(state)});
      if (is_firing(state)) list.back().alert.ends_at.reset();  // known by hindsight, or a guess
      new_firing = new_firing || (change != 0 && is_firing(change));
    }
    message.reason = repeated                 ? Reason::kRepeat
                     : message.alerts.empty() ? Reason::kAllResolved
                     : to.told_at == 0        ? Reason::kFirst
                     : new_firing             ? Reason::kNewAlerts
                                              : Reason::kSomeResolved;
    std::ranges::move(resolved, std::back_inserter(message.alerts));
    message.id = make_id_();
    message.destination = to.destination;
    message.group_key = group_.key;
    message.group_labels = group_.labels;
    message.created_at = now_;
    to.told_at = now_;
    result_.messages.push_back(std::move(message));
  }

  AlertGroup& group_;
  const MutedOf& muted_;
  const std::function<std::string()>& make_id_;
  const std::int64_t now_;
  std::vector<GroupMember*> news_;  // pending and not muted
  std::unordered_map<const GroupMember*, bool> open_;
  GroupTold result_;
};

}  // namespace

GroupTold tell_group(AlertGroup& group, const MutedOf& muted,
                     const std::function<std::string()>& make_id, std::int64_t now) {
  return GroupTeller(group, muted, make_id, now).run();
}

}  // namespace hitwatch::notify
