#include "agent/cli/top_source.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "agent/cli/terminal_text.h"
#include "agent/net/percent.h"

namespace hitwatch::cli {
namespace {

constexpr std::chrono::seconds kTimeout{5};
constexpr std::size_t kMaxBody = 16U << 20;

// Value of the header Authorization (RFC 7617).
std::string basic_authorization(std::string_view user_and_password) {
  std::string encoded((user_and_password.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(user_and_password.data()),
                                   static_cast<int>(user_and_password.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return "Basic " + encoded;
}

// Takes "user:password@" out of a URL.
std::string take_user_information(std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == url.npos) return "";
  const std::size_t begin = scheme + 3;
  const std::size_t end = url.rfind('@', url.find_first_of("/?#", begin));
  if (end == url.npos || end < begin) return "";
  std::string information = url.substr(begin, end - begin);
  url.erase(begin, end + 1 - begin);
  return information;
}

}  // namespace

std::expected<DaemonUrl, std::string> parse_daemon_url(std::string_view text) {
  constexpr std::size_t kLongest = 4096;
  if (text.size() > kLongest) return std::unexpected("is longer than 4096 bytes");
  std::string url(text);
  const std::string information = take_user_information(url);
  const auto base = net::parse_http_url(url);
  if (!base) return std::unexpected(base.error());
  if (base->target.contains('?')) return std::unexpected("must end before the '?'");
  DaemonUrl result{.base = *base, .authorization = "", .text = ""};
  if (!information.empty()) {
    const auto decoded = net::percent_decode(information);
    if (!decoded) return std::unexpected("has a broken %-escape in its user or password");
    result.authorization = basic_authorization(*decoded);
  }
  std::string& path = result.base.target;
  path.erase(path.find_last_not_of('/') + 1);
  result.text = (base->tls ? "https://" : "http://") + base->address() + path;
  return result;
}

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
