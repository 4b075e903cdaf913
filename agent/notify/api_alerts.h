// /api/v2/alerts and /api/v2/alerts/groups; see api.h.
#pragma once

#include "agent/notify/api.h"

namespace hitwatch::notify {

// Sorted by fingerprint.
ApiAnswer list_api_alerts(const web::Request& request, ApiParts& parts, std::int64_t now);
// Those that are acceptable are taken even if others are not; then the status is 400, and the
// answer says what is wrong with the first of these. 503 if there is no room for all of them.
ApiAnswer take_api_alerts(const web::Request& request, ApiParts& parts, std::int64_t now);
// Groups with alerts that are asked for, sorted by labels, fewer labels first, and receiver. Of the
// receivers of an alert, those that are asked for are named.
ApiAnswer list_api_groups(const web::Request& request, ApiParts& parts, std::int64_t now);

}  // namespace hitwatch::notify
