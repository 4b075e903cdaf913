#include "agent/net/http_words.h"

#include <cstddef>
#include <optional>

namespace hitwatch::net {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Cuts off what stands before `separator` and returns it without surrounding blanks.
std::string_view take_part(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

std::optional<std::string_view> find_parameter(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    std::string_view value = take_part(parameters, ';');
    if (equal_ignoring_case(take_part(value, '='), name)) return trimmed(value);
  }
  return std::nullopt;
}

int weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int thousandths = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return 0;
  int unit = 100;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return 0;
    thousandths += (digit - '0') * unit;
    unit /= 10;
  }
  return thousandths > 1000 ? 0 : thousandths;
}

}  // namespace

bool is_header_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

Preference take_preference(std::string_view& list) {
  Preference preference;
  preference.parameters = take_part(list, ',');
  preference.name = take_part(preference.parameters, ';');
  if (const auto weight = find_parameter(preference.parameters, "q")) {
    preference.weight = weight_of(*weight);
  }
  return preference;
}

std::string_view parameter_of(const Preference& preference, std::string_view name) {
  return find_parameter(preference.parameters, name).value_or("");
}

}  // namespace hitwatch::net
