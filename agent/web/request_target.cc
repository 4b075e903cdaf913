#include "agent/web/request_target.h"

#include <algorithm>
#include <optional>

#include "agent/net/http_words.h"
#include "agent/net/percent.h"

namespace hitwatch::web {
namespace {

// In a query, a plus sign is a blank (the format of HTML forms).
std::optional<std::string> form_decode(std::string_view text) {
  std::string blanks(text);
  std::ranges::replace(blanks, '+', ' ');
  return net::percent_decode(blanks);
}

bool parse_query(std::string_view text, std::vector<Header>& query) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = form_decode(pair.substr(0, equals));
    auto value = form_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return false;
    query.push_back({std::move(*name), std::move(*value)});
  }
  return true;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (net::equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

std::string_view Request::sole_header(std::string_view name) const {
  const auto count = std::ranges::count_if(headers, [name](const Header& header) {
    return net::equal_ignoring_case(header.name, name);
  });
  return count == 1 ? header(name) : std::string_view();
}

const std::string* Request::parameter(std::string_view name) const {
  for (const Header& parameter : query) {
    if (parameter.name == name) return &parameter.value;
  }
  return nullptr;
}

bool parse_request_target(std::string_view target, std::string& path, std::vector<Header>& query) {
  if (target == "*") {
    path = target;
    return true;
  }
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return false;
    const std::size_t after_host = target.find_first_of("/?", scheme + 3);
    target = after_host == std::string_view::npos ? "" : target.substr(after_host);
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  auto decoded = net::percent_decode(target.substr(0, mark));
  if (!decoded) return false;
  path = decoded->empty() ? "/" : std::move(*decoded);
  return parse_query(target.substr(std::min(mark + 1, target.size())), query);
}

}  // namespace hitwatch::web
