#include "agent/web/request_target.h"

#include <algorithm>
#include <optional>

#include "agent/web/ascii_case.h"

namespace hitwatch::web {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

bool parse_query(std::string_view text, std::vector<Header>& query) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return false;
    query.push_back({std::move(*name), std::move(*value)});
  }
  return true;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
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
  auto decoded = percent_decoded(target.substr(0, mark), false);
  if (!decoded) return false;
  path = decoded->empty() ? "/" : std::move(*decoded);
  return parse_query(target.substr(std::min(mark + 1, target.size())), query);
}

}  // namespace hitwatch::web
