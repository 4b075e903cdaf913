// The body of a webhook: version 4 of Alertmanager's, byte for byte, or what a template makes.
#pragma once

#include <string>
#include <string_view>

#include "agent/notify/notice.h"
#include "agent/notify/notice_text.h"

namespace hitwatch::notify {

// Ends with a line feed. `notification_reason` follows `alerts`, as in Alertmanager since 0.32.
std::string webhook_payload(const Notice& notice);

// `payload` of the configuration. If it is a JSON object or array, each text in it is a template; a
// result that is JSON of another kind (a number, an object) takes its place as that, so that a
// template needs no escapes. Anything else is one template of the whole body; if that fails, the
// body is version 4's.
std::string custom_payload(std::string_view payload, const Notice& notice, NoticeText& text);

}  // namespace hitwatch::notify
