#include "rules/promql/replacement.h"

#include <algorithm>
#include <charconv>

namespace hitwatch::promql {
namespace {

constexpr std::size_t kEnough = 1U << 20U;  // more than any label may have

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Takes `name` or `{name}` from the start of `text`; empty if neither is there.
std::string_view take_name(std::string_view& text) {
  const bool braces = text.starts_with('{');
  const std::string_view from = text.substr(braces ? 1 : 0);
  const auto end = std::ranges::find_if_not(from, is_word) - from.begin();
  const std::string_view name = from.substr(0, static_cast<std::size_t>(end));
  const std::string_view after = from.substr(name.size());
  if (name.empty() || (braces && !after.starts_with('}'))) return {};
  text = after.substr(braces ? 1 : 0);
  return name;
}

}  // namespace

Replacement::Replacement(std::string_view text, const re2::RE2& pattern) : pattern_(pattern) {
  parts_.emplace_back();
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    parts_.back().text += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (text.starts_with('$')) {
      parts_.back().text += '$';
      text.remove_prefix(1);
      continue;
    }
    const std::string_view name = take_name(text);
    if (name.empty()) {
      parts_.back().text += '$';
      continue;
    }
    parts_.back().group = group_of(name);
    parts_.emplace_back();
  }
}

// A name of digits alone is a number. A group that is not there is empty.
int Replacement::group_of(std::string_view name) const {
  const bool number = std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
  if (number) {
    int group = -1;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), group);
    return read.ec == std::errc() && group <= pattern_.NumberOfCapturingGroups() ? group : -1;
  }
  const auto& groups = pattern_.NamedCapturingGroups();
  const auto found = groups.find(std::string(name));
  return found == groups.end() ? -1 : found->second;
}

std::optional<std::string> Replacement::apply(std::string_view value) const {
  std::vector<re2::StringPiece> groups(
      static_cast<std::size_t>(pattern_.NumberOfCapturingGroups()) + 1);
  if (!pattern_.Match(value, 0, value.size(), re2::RE2::UNANCHORED, groups.data(),
                      static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  std::string out;
  for (const Part& part : parts_) {
    if (out.size() > kEnough) break;
    out += part.text;
    if (part.group < 0) continue;
    const re2::StringPiece& group = groups[static_cast<std::size_t>(part.group)];
    out.append(group.data(), group.size());
  }
  return out;
}

}  // namespace hitwatch::promql
