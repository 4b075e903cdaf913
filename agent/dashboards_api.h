// The Grafana dashboards over HTTP: what there is, and each as Grafana imports it.
#pragma once

#include <string_view>

#include "agent/web/server.h"

namespace hitwatch {

// `{"dashboards":[{"name","title","uid","description","url"}…]}`; the URLs are paths.
web::Response answer_dashboards();

// That of the name, as a file: 404 if there is none.
web::Response answer_dashboard(std::string_view name);

}  // namespace hitwatch
