// Where the daemon is that a command asks.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "agent/net/http_url.h"

namespace hitwatch::cli {

constexpr const char* kDefaultDaemonUrl = "http://127.0.0.1:9121";

struct DaemonUrl {
  net::HttpUrl base;          // its path comes before the API's
  std::string authorization;  // value of the header, or "": never print it
  std::string text;           // without user and password
};

// http://[user:password@]host[:port][/path] or https; user and password may be percent-encoded. The
// error completes "the URL …" and does not repeat it.
std::expected<DaemonUrl, std::string> parse_daemon_url(std::string_view text);

}  // namespace hitwatch::cli
