// The body of an event for PagerDuty's Events API v2, as Alertmanager's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "agent/notify/notice.h"
#include "agent/notify/notice_text.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

inline constexpr std::size_t kLongestPagerDutySummary = 1024;   // runes
inline constexpr std::size_t kLargestPagerDutyEvent = 512'000;  // bytes; PagerDuty takes no more

// Triggers an incident while any alert fires and resolves it when none does; the key of the
// incident follows from the group. A severity that PagerDuty does not know becomes `error`, because
// it would refuse the event. Details that make the event too large are replaced by a note.
std::string pagerduty_payload(const PagerDutySettings& settings, std::string_view routing_key,
                              const Notice& notice, NoticeText& text);

}  // namespace hitwatch::notify
