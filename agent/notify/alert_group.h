// What the dispatcher knows of alerts and groups: plain data that changes together.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/notify/alert.h"
#include "agent/notify/alert_changes.h"
#include "agent/notify/message.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

struct AlertGroup;

struct AlertRecord {
  std::string fingerprint;
  Alert alert;                          // the latest instance
  ChangeNumber changes = 0;             // the number of the last one
  std::map<std::uint64_t, Alert> past;  // earlier instances that somebody is still to be told of
  std::vector<AlertGroup*> groups;      // in the order of the routes
  std::uint64_t waiting = 0;            // changes that some destination is still to be told of
  std::optional<std::int64_t> end_awaited;  // under which the dispatcher waits for `ends_at`

  bool firing() const { return is_firing(changes); }
  // As it was at a change.
  const Alert& at(ChangeNumber change) const;
  // The least that any destination was told; `changes` if there is none.
  ChangeNumber least_told() const;
};

// An alert in a group.
struct GroupMember {
  AlertRecord* record = nullptr;
  std::vector<ChangeNumber> told;  // to the group's destinations, in their order
  bool held = false;               // it was muted when its changes were to be told

  bool pending() const;
  News news(std::size_t destination, bool resolutions) const {
    return {told[destination], record->changes, resolutions};
  }
};

struct GroupDestination {
  Destination destination;
  bool send_resolved = true;
  std::int64_t told_at = 0;  // the last message; 0: none so far
};

// Identified by key and receiver: routes that are written alike have the same key.
struct AlertGroup {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  using Identity = std::pair<std::string, std::string>;

  std::uint64_t id = 0;  // in the map
  std::string key;
  std::string receiver;
  metrics::Labels labels;
  const Route* route = nullptr;  // null while it is only what the map remembers
  std::vector<GroupDestination> destinations;
  std::map<std::string_view, GroupMember> members;  // by fingerprint
  std::set<std::string_view> changed;               // members that are pending
  std::int64_t next_flush = kNever;                 // if there is something to tell
  bool flushed = false;                             // group_wait is over
  std::optional<std::int64_t> repeat_at;
  std::optional<std::int64_t> due;  // under which the dispatcher waits for it

  Identity identity() const { return {key, receiver}; }
  std::optional<std::size_t> index_of(const Destination& destination) const;
  void note_pending(GroupMember& member);  // keeps `changed` right
  // When there is something to do: changes, or a repetition.
  std::optional<std::int64_t> next() const;
  // Notes that there is an alert to be told of: until the first flush, that comes `group_wait`
  // after the first alert, or now if the alert is older than that.
  void expect_first_flush(const Alert& alert, std::int64_t now);
  // Clocks may go backwards: nothing waits longer than it would if all had happened now.
  void limit_timers(std::int64_t now);
  // When a destination is to be reminded, from what was told to it.
  void plan_repetition();
};

// Fills in what the members of a record's new groups were told, and what those groups have of their
// own past, from the groups it was in before: in the same group, or in one that it left, the same
// destination was told what it was told; and whoever is new is told what those who are gone were
// not, and of the alert if it fires.
void carry_over(AlertRecord& record, const std::vector<AlertGroup*>& before);

}  // namespace hitwatch::notify
