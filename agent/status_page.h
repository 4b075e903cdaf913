// GET /: the page that shows people how their caches are. It is one file, agent/page/status.html,
// and fetches what it shows from the daemon's API.
#pragma once

#include <string>
#include <string_view>

#include "agent/web/server.h"

namespace hitwatch {

// The page with a link to the metrics (a path as the configuration allows it: letters, digits and
// what needs no escaping) and the daemon's version filled in, and the headers that keep
// it from running, loading or sending to anything but what is in it and the daemon itself.
web::Response make_status_page(std::string_view telemetry_path);

// The same with its body as gzip has it.
web::Response compressed_page(const web::Response& page);

// A Content-Security-Policy (https://www.w3.org/TR/CSP3/) that allows the scripts and styles which
// stand in `html`, each by its SHA-256, and requests to where the page came from.
std::string content_security_policy(std::string_view html);

}  // namespace hitwatch
