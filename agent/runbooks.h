// GET /runbooks/ and /runbooks/ALERT: what docs/alerts.md says of the bundled alerts, as plain
// pages.
//
// The document is in the program, so that the link in a notification works where there is neither
// the documentation nor a network; rules::load_rules makes `runbook_url` lead here.
#pragma once

#include <string_view>

#include "agent/web/server.h"

namespace hitwatch {

// The page of that alert, in any case of its letters; of "", links to all of them; else 404. Links
// are relative to /runbooks/.
web::Response answer_runbook(std::string_view alert);

}  // namespace hitwatch
