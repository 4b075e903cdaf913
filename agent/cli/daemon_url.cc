#include "agent/cli/daemon_url.h"

#include "agent/net/base64.h"
#include "agent/net/percent.h"

namespace hitwatch::cli {
namespace {

// Value of the header Authorization (RFC 7617).
std::string basic_authorization(std::string_view user_and_password) {
  return "Basic " + net::base64_encode(user_and_password);
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

}  // namespace hitwatch::cli
