#include "agent/notify/notice_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "rules/templates/unicode.h"

namespace hitwatch::notify {
namespace {

constexpr std::size_t kMostNames = 20;  // of alerts

std::vector<std::string_view> alert_names(const Notice& notice) {
  std::vector<std::string_view> names;
  for (const auto& each : notice.alerts) {
    const auto name = label_value(each.alert.labels, "alertname");
    if (name.empty() || std::ranges::find(names, name) != names.end()) continue;
    if (names.size() == kMostNames) {
      names.emplace_back("…");
      break;
    }
    names.push_back(name);
  }
  return names;
}

}  // namespace

std::string cut_runes(std::string text, std::size_t most) {
  if (text.size() <= most) return text;  // a rune has at least a byte
  std::size_t end = 0;
  std::size_t kept_end = 0;  // where the last rune but one ends
  for (std::size_t count = 0; end < text.size(); ++count) {
    if (count == most) {
      text.resize(kept_end);
      return text += "…";
    }
    if (count + 1 == most) kept_end = end;
    end += templates::first_rune(std::string_view(text).substr(end)).size;
  }
  return text;
}

std::string plain_notice(const Notice& notice) {
  std::string out = "[RESOLVED]";
  if (notice.firing) {
    out = fmt::format("[FIRING:{}]", std::ranges::count_if(notice.alerts, &MessageAlert::firing));
  }
  for (const auto& [name, value] : notice.message.group_labels) {
    out += fmt::format(" {}={}", name, value);
  }
  return fmt::format("{}: {}", out, fmt::join(alert_names(notice), ", "));
}

NoticeText::NoticeText(const Notice& notice, const NoticeTemplates& templates, std::int64_t now)
    : templates_(templates), now_(now), data_(notice_data(notice)), plain_(plain_notice(notice)) {}

std::string NoticeText::fill(std::string_view field, std::string_view text,
                             std::string_view instead) {
  auto filled = templates_.expand(text, data_, now_);
  if (filled) return std::move(*filled);
  if (error_.empty()) error_ = fmt::format("{}: {}", field, filled.error());
  return std::string(instead);
}

}  // namespace hitwatch::notify
