#include "agent/cli/daemon_request.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "agent/net/resolver.h"
#include "agent/net/tls.h"

namespace hitwatch::cli {
namespace {

net::HttpRequest http_request_of(const DaemonUrl& url, DaemonRequest request) {
  net::HttpRequest http;
  http.url = url.base;
  http.url.target += request.target;
  http.method = std::move(request.method);
  if (!request.content_type.empty()) {
    http.headers.emplace_back("Content-Type", std::move(request.content_type));
  }
  if (!url.authorization.empty()) http.headers.emplace_back("Authorization", url.authorization);
  http.body = std::move(request.body);
  http.max_body = request.max_body;
  return http;
}

}  // namespace

void add_daemon_url_option(CLI::App& command, DaemonUrl& url) {
  command
      .add_option_function<std::string>(
          "--url",
          [&url](const std::string& text) {
            auto parsed = parse_daemon_url(text);
            if (!parsed) throw CLI::ValidationError("--url", "the URL " + parsed.error());
            url = *std::move(parsed);
          },
          "Where the daemon serves HTTP")
      ->envname("HITWATCH_URL")
      ->default_str(kDefaultDaemonUrl)
      ->force_callback();
}

std::expected<net::HttpResponse, std::string> ask_daemon(const DaemonUrl& url,
                                                         DaemonRequest request) {
  const auto deadline = std::chrono::steady_clock::now() + request.timeout;
  boost::asio::io_context context;
  net::Resolver resolver(context.get_executor());
  net::TlsContexts tls_contexts;
  std::optional<std::expected<net::HttpResponse, net::Error>> answer;
  net::http_request(context.get_executor(), resolver, tls_contexts,
                    http_request_of(url, std::move(request)), deadline,
                    [&](std::expected<net::HttpResponse, net::Error> response) {
                      answer = std::move(response);
                      context.stop();
                    });
  context.run();
  if (!answer) return std::unexpected("the daemon was not asked");
  if (!*answer) {
    return std::unexpected(fmt::format("cannot reach {}: {}", url.text, answer->error().text));
  }
  if ((*answer)->status == 401) {
    return std::unexpected(url.text + " wants another user or password");
  }
  return **std::move(answer);
}

}  // namespace hitwatch::cli
