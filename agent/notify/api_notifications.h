// /api/v1/notifications: messages on their way, and those that were given up.
//
//   GET /api/v1/notifications?state=pending|dead → {"status":"success","data":{"total":2,
//     "notifications":[{"id":"msg_…","state":"pending","receiver":"team","integration":"webhook",
//     "index":0,"groupKey":"{}:{}","groupLabels":{},"status":"firing","reason":"first
//     notification", "alerts":1,"createdAt":"2026-08-20T10:00:00.000Z","attempts":3,
//     "nextAttempt":"2026-08-20T10:01:00.000Z","lastError":"HTTP status 503"}]}}
//
// A pending one has `nextAttempt`, unless it is on its way right now; a dead one has `diedAt`.
// Without `state`: pending ones, the oldest first, then dead ones, the newest first. `total` counts
// all, of which at most 1,000 are listed, or `limit` if that is less.
//
//   POST /api/v1/notifications/ID/resend → {"status":"success"}
//   POST /api/v1/notifications/resend → {"status":"success","data":{"resent":3,"refused":0}}: all
//     that were given up, in the order in which they came to be; refused are those whose
//     destination is no longer configured, and "error" says so of the first.
//
// Errors are like those of Prometheus: {"status":"error","errorType":"not_found","error":"…"}.
#pragma once

#include <string_view>

#include "agent/notify/api.h"

namespace hitwatch::notify {

inline constexpr std::size_t kMostListedNotifications = 1'000;

ApiAnswer list_api_notifications(const web::Request& request, ApiParts& parts);
// 404 unless a dead message has this id; 409 if it cannot be sent again, for its destination is no
// longer configured.
ApiAnswer resend_api_notification(std::string_view id, ApiParts& parts, std::int64_t now);
ApiAnswer resend_all_api_notifications(ApiParts& parts, std::int64_t now);

// An answer of that form.
web::Response notification_error(int status, std::string_view type, std::string_view text);

}  // namespace hitwatch::notify
