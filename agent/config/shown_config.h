// Alertmanager's part of the configuration as the API shows it: in /api/v2/status, out of which
// amtool and Grafana read the routes, so that it must be what Alertmanager itself accepts.
#pragma once

#include <string>
#include <string_view>

#include "agent/net/http_url.h"
#include "agent/yaml/document.h"

namespace hitwatch::config {

// What stands where a secret stood.
inline constexpr std::string_view kShownSecret = "<secret>";

// The keys of Alertmanager that a mapping has, as YAML, with <secret> for secrets. Webhooks keep
// scheme and host: Alertmanager refuses a URL without them. With `expand_environment`, `${NAME}` is
// replaced in URLs and in what says where alerts go; the rest of `global` and of integrations stays
// as it is written, for what a variable holds may be nobody's business.
std::string shown_config(const yaml::Node& mapping, bool expand_environment);

// `https://hooks.example:8443/<secret>`
std::string shown_webhook_url(const net::HttpUrl& url);

}  // namespace hitwatch::config
