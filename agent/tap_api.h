// GET /api/v1/tap: what the wire tap sees, by pattern, operation, client; hot keys; how far it
// agrees with what servers say.
#pragma once

#include "agent/tap_service.h"
#include "agent/web/server.h"

namespace hitwatch {

// Parameter: `limit` of rows in each list. Names of keys are redacted. Where the tap is off, `off`
// says why, and `report` is null.
web::Response answer_tap(const web::Request& request, const TapService& tap);

}  // namespace hitwatch
