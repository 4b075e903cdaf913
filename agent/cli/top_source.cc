#include "agent/cli/top_source.h"

#include <fmt/core.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

constexpr std::chrono::seconds kTimeout{5};
constexpr std::size_t kMaxBody = 16U << 20;

}  // namespace

TopSource::TopSource(boost::asio::any_io_executor executor, DaemonUrl url)
    : executor_(std::move(executor)), url_(std::move(url)), resolver_(executor_) {}

TopResult TopSource::read(const std::expected<net::HttpResponse, net::Error>& response) const {
  if (!response) {
    return std::unexpected(fmt::format("cannot reach {}: {}", url_.text, response.error().text));
  }
  if (response->status == 401) {
    return std::unexpected(url_.text + " wants another user or password");
  }
  if (response->status == 404) {
    return std::unexpected(url_.text + " has no /api/v1/tenants: is it hitwatch, and new enough?");
  }
  TopResult answer = parse_top_answer(response->body);
  if (answer && response->status != 200) {
    return std::unexpected(fmt::format("{} answers with status {}", url_.text, response->status));
  }
  if (!answer) return std::unexpected(fmt::format("{}: {}", url_.text, answer.error()));
  return answer;
}

void TopSource::ask(const TopQuery& query, std::function<void(TopResult)> done) {
  net::HttpRequest request;
  request.url = url_.base;
  request.url.target += request_target(query);
  if (!url_.authorization.empty()) {
    request.headers.emplace_back("Authorization", url_.authorization);
  }
  request.max_body = kMaxBody;
  net::http_request(executor_, resolver_, tls_contexts_, std::move(request),
                    std::chrono::steady_clock::now() + kTimeout,
                    [this, done = std::move(done)](const auto& response) { done(read(response)); });
}

TopResult ask_once(const DaemonUrl& url, const TopQuery& query) {
  boost::asio::io_context context;
  TopSource source(context.get_executor(), url);
  std::optional<TopResult> result;
  source.ask(query, [&](TopResult answer) {
    result = std::move(answer);
    context.stop();
  });
  context.run();
  return result ? *std::move(result) : std::unexpected("the daemon was not asked");
}

}  // namespace hitwatch::cli
