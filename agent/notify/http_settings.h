// What `http_config` makes of a request: who asks, through which proxy, and over which TLS.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "agent/net/http_client.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

// Replaces a header of that name.
void set_header(net::HttpRequest& request, std::string_view name, std::string value);

// Reads the secrets anew. The error names the setting, and no secret.
std::expected<void, std::string> apply(const HttpSettings& settings, net::HttpRequest& request);

}  // namespace hitwatch::notify
