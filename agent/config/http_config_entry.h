// How other servers are asked: the keys that Prometheus and Alertmanager have for their HTTP
// clients.
#pragma once

#include "agent/notify/settings.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

// basic_auth, authorization, bearer_token(_file), tls_config, proxy_url, no_proxy,
// proxy_from_environment, follow_redirects, enable_http2 and http_headers, each where it is given.
// OAuth 2 and what else Alertmanager has is refused by name. `finish` is left to who calls.
void read_http_keys(yaml::Mapping& mapping, notify::HttpSettings& out);

// The mapping `http_config`, which replaces all of `out`.
void read_http_config(yaml::Mapping& parent, notify::HttpSettings& out);

}  // namespace hitwatch::config
