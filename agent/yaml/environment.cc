#include "agent/yaml/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace hitwatch::yaml {

bool is_variable_name(std::string_view name) {
  if (name.empty() || name.size() > 256 || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::expected<std::string, std::string> expand_environment(std::string_view text) {
  constexpr std::size_t kMaxBytes = 64U << 10;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '$' || (next != '{' && next != '$')) {
      out.push_back(text[i]);
      continue;
    }
    if (next == '$') {
      out.push_back('$');
      ++i;
      continue;
    }
    const std::size_t close = text.find('}', i);
    const std::string name(text.substr(i + 2, close == std::string_view::npos ? 0 : close - i - 2));
    if (!is_variable_name(name)) {
      return std::unexpected("'${' needs the name of a variable and '}'; write '$${' for the text");
    }
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return std::unexpected(fmt::format("the environment variable {} is not set", name));
    }
    out += value;
    i = close;
    if (out.size() > kMaxBytes) {
      return std::unexpected(fmt::format("longer than 64 KiB with the value of {}", name));
    }
  }
  return out;
}

}  // namespace hitwatch::yaml
