// The body of a message for Slack's incoming webhooks: one attachment, as Alertmanager's.
#pragma once

#include <string>

#include "agent/notify/notice.h"
#include "agent/notify/notice_text.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

inline constexpr std::size_t kLongestSlackTitle = 1024;  // runes

// Where the title or the text cannot be filled in, a plain one takes its place; other parts are
// left out.
std::string slack_payload(const SlackSettings& settings, const Notice& notice, NoticeText& text);

}  // namespace hitwatch::notify
