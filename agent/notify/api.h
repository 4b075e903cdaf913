// Alertmanager's HTTP API, version 2, over what is known here, and /api/v1/notifications, our own
// list of what is still to be sent and of what was given up. amtool and Grafana's Alertmanager data
// source (implementation "Prometheus") speak it.
// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
//
//   GET /api/v2/status, /api/v2/receivers
//   GET /api/v2/alerts, /api/v2/alerts/groups    POST /api/v2/alerts
//   GET /api/v2/silences                         POST /api/v2/silences
//   GET /api/v2/silence/ID                       DELETE /api/v2/silence/ID
//   GET /api/v1/notifications                    POST /api/v1/notifications/ID/resend
//
// Answers differ from those of Alertmanager 0.25 in few things: times are always in UTC; an
// alert's status has `mutedBy`, and lists take `muted=false`, as in newer versions; a silence that
// is not there is 404 to DELETE, too; names of labels may be any UTF-8, as newer versions allow.
// There is no /alertmanager/api/v2: by its absence Grafana tells this API from Mimir's.
//
// Everybody may read. Changes are taken from this machine, and from elsewhere if `admin_api` is
// set. Bodies must be application/json: a page in a browser cannot send that unasked.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "agent/notify/alert.h"
#include "agent/notify/dispatcher.h"
#include "agent/notify/outbox.h"
#include "agent/notify/settings.h"
#include "agent/notify/silences.h"
#include "agent/web/server.h"

namespace hitwatch::notify {

// Must outlive the call.
struct ApiParts {
  const Dispatcher& dispatcher;
  Silences& silences;
  Outbox& outbox;
  const Settings& settings;
  std::function<void(const std::vector<Alert>&)> take;  // alerts that a request brought
  bool admin_api = false;
  std::int64_t started_at = 0;  // milliseconds since 1970
};

struct ApiAnswer {
  web::Response response;
  bool changed = false;           // what is to be durable before the response is given
  bool silences_changed = false;  // of that: who is muted
};

// No I/O, no clock; on the thread of the parts. The body is bounded by the web server.
ApiAnswer answer_api(const web::Request& request, ApiParts& parts, std::int64_t now);

}  // namespace hitwatch::notify
