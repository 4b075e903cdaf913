// One request to a daemon, and the wait for its answer.
#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <expected>
#include <string>

#include "agent/cli/daemon_url.h"
#include "agent/net/http_client.h"

namespace hitwatch::cli {

// Adds --url, which HITWATCH_URL or kDefaultDaemonUrl stand in for.
void add_daemon_url_option(CLI::App& command, DaemonUrl& url);

struct DaemonRequest {
  std::string target;  // "/api/v1/query": below the daemon's path
  std::string method = "GET";
  std::string content_type = "";  // of the body
  std::string body = "";
  std::chrono::milliseconds timeout{5'000};
  std::size_t max_body = 64U << 20;  // of the answer
};

// Any answer but 401. The error is a sentence with the daemon's URL.
std::expected<net::HttpResponse, std::string> ask_daemon(const DaemonUrl& url,
                                                         DaemonRequest request);

}  // namespace hitwatch::cli
