// What a group's destinations are told when its time has come.
//
// A message carries the whole group: all that fires, less what is muted, and what was resolved
// since the last message. An alert that changed more than once is the reason for more than one
// message: the first has everybody's first change, the second their second, and so on; who has no
// more changes is in them as what it is by then.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/notify/alert_group.h"
#include "agent/notify/message.h"
#include "agent/notify/mutes.h"

namespace hitwatch::notify {

// Of a muted alert: how long a resolution is kept that cannot be told.
inline constexpr std::int64_t kHeldResolutionMs = 5LL * 24 * 3600 * 1000;

struct GroupTold {
  std::vector<Message> messages;        // in the order in which they are to be sent
  std::vector<GroupMember*> members;    // of whom something else is told, or held back, now
  std::uint64_t changes_collapsed = 0;  // because the messages would have become too many
};

// Tells all destinations of the group; `muted` may be empty.
GroupTold tell_group(AlertGroup& group, const MutedOf& muted,
                     const std::function<std::string()>& make_id, std::int64_t now);

}  // namespace hitwatch::notify
