#include "agent/notify/notice_functions.h"

#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "agent/net/percent.h"
#include "agent/notify/value_json.h"
#include "rules/templates/alert_functions.h"
#include "rules/templates/time_value.h"
#include "rules/templates/unicode.h"

namespace hitwatch::notify {
namespace {

constexpr std::string_view kText = "string";
constexpr std::string_view kTime = "time.Time";

const std::string& text_argument(const templates::Value& value) { return *value.as_text(); }

templates::Result title_of(templates::Call&, templates::Arguments arguments) {
  return templates::Value::text(title_case(text_argument(arguments[0])));
}

templates::Result trimmed(templates::Call&, templates::Arguments arguments) {
  std::string_view text = text_argument(arguments[0]);
  std::size_t start = text.size();
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto rune = templates::first_rune(text.substr(at));
    if (!templates::is_space(rune.code)) {
      start = std::min(start, at);
      end = at + rune.size;
    }
    at += rune.size;
  }
  return templates::Value::text(std::string(end == 0 ? "" : text.substr(start, end - start)));
}

templates::Result joined(templates::Call& call, templates::Arguments arguments) {
  const auto& separator = text_argument(arguments[0]);
  const auto* texts = arguments[1].as_list();
  std::string out;
  for (std::size_t i = 0; texts != nullptr && i < texts->items.size(); ++i) {
    if (i > 0) out += separator;
    out += text_argument(texts->items[i]);
    if (out.size() > templates::kLongestOutput) return std::unexpected("the result is too large");
  }
  if (!call.budget.spend_bytes(out.size())) return std::unexpected("the result is too large");
  return templates::Value::text(std::move(out));
}

templates::Result text_list(templates::Call& call, templates::Arguments arguments) {
  call.budget.spend_bytes(arguments.size() * 100);
  return templates::Value::list(
      {.items = {arguments.begin(), arguments.end()}, .type = "[]string"});
}

templates::Result same_text(templates::Call&, templates::Arguments arguments) {
  return arguments[0];
}

templates::Result url_unescaped(templates::Call&, templates::Arguments arguments) {
  auto text = text_argument(arguments[0]);
  std::ranges::replace(text, '+', ' ');
  auto decoded = net::percent_decode(text);
  if (!decoded) return std::unexpected("invalid URL escape");
  return templates::Value::text(std::move(*decoded));
}

// --- times ---

// In the time zone of that name, as the time zone database knows it.
std::optional<absl::TimeZone> zone_of(const std::string& name) {
  // The library would also take files.
  if (name.starts_with('/') || name.find_first_of(".:\\") != std::string::npos) return std::nullopt;
  absl::TimeZone zone;
  if (!name.empty() && !absl::LoadTimeZone(name, &zone)) return std::nullopt;
  return name.empty() ? absl::UTCTimeZone() : zone;
}

templates::Result in_zone(templates::Call&, templates::Arguments arguments) {
  const auto& name = text_argument(arguments[0]);
  auto moment = templates::as_moment(arguments[1]);
  if (!moment) return std::unexpected("not a time");
  const auto zone = zone_of(name);
  if (!zone) return std::unexpected("unknown time zone " + name);
  const auto there = zone->At(absl::FromUnixSeconds(moment->seconds));
  moment->offset = there.offset;
  moment->zone = there.zone_abbr;
  return templates::moment_value(std::move(*moment), false);
}

templates::Result date_of(templates::Call&, templates::Arguments arguments) {
  const auto moment = templates::as_moment(arguments[1]);
  if (!moment) return std::unexpected("not a time");
  return templates::Value::text(templates::format_moment(*moment, text_argument(arguments[0])));
}

// As far as 64 bits of nanoseconds reach.
templates::Result since(templates::Call& call, templates::Arguments arguments) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::int64_t kMostSeconds = INT64_MAX / kSecond - 1;
  const auto moment = templates::as_moment(arguments[0]);
  if (!moment) return std::unexpected("not a time");
  const auto now = std::llround(call.environment.now * 1000);
  const auto seconds = now / 1000 - moment->seconds;
  if (seconds > kMostSeconds) return templates::duration_value(INT64_MAX, false);
  if (seconds < -kMostSeconds) return templates::duration_value(INT64_MIN, false);
  return templates::duration_value(seconds * kSecond + now % 1000 * 1'000'000 - moment->nanoseconds,
                                   false);
}

templates::Result json_of(templates::Call& call, templates::Arguments arguments) {
  auto text = value_json(call, arguments[0]);
  if (!text) return std::unexpected(std::move(text.error()));
  return templates::Value::text(std::move(*text));
}

// Those that mean the same in the templates of alerting rules.
std::vector<templates::Function> shared_functions() {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"humanizeDuration", "match", "reReplaceAll", "safeHtml", "toLower", "toUpper"});
  std::vector<templates::Function> out;
  for (const auto& function : templates::alert_functions()) {
    if (std::ranges::find(kNames, function.name) != kNames.end()) out.push_back(function);
  }
  return out;
}

// Whether a word goes on over it, between two letters or digits.
bool joins_words(char32_t code) {
  return code == '\'' || code == '.' || code == ':' || code == 0x2019 || code == 0xB7;
}

bool in_word(char32_t code) { return code == '_' || templates::is_letter_or_digit(code); }

}  // namespace

std::string title_case(std::string_view text) {
  std::string out;
  bool titled = false;  // the word has its capital
  bool within = false;
  while (!text.empty()) {
    const auto rune = templates::first_rune(text);
    const auto letter = text.substr(0, rune.size);
    text.remove_prefix(rune.size);
    if (!in_word(rune.code)) {
      within = within && joins_words(rune.code) && !text.empty() &&
               in_word(templates::first_rune(text).code);
      titled = titled && within;
      out += rune.valid ? letter : "\uFFFD";
      continue;
    }
    within = true;
    auto lower = templates::to_lower(letter);
    auto upper = templates::to_upper(letter);
    const bool has_case = lower != upper;
    out += titled ? lower : upper;
    titled = titled || has_case;
  }
  return out;
}

std::span<const templates::Function> notice_functions() {
  static const std::vector<templates::Function> functions = [] {
    auto all = shared_functions();
    const std::initializer_list<templates::Function> own = {
        {"date", {kText, kTime}, false, date_of},
        {"join", {kText, "[]string"}, false, joined},
        {"safeUrl", {kText}, false, same_text},
        {"since", {kTime}, false, since},
        {"stringSlice", {kText}, true, text_list},
        {"title", {kText}, false, title_of},
        {"toJson", {templates::kAny}, false, json_of},
        {"tz", {kText, kTime}, false, in_zone},
        {"trimSpace", {kText}, false, trimmed},
        {"urlUnescape", {kText}, false, url_unescaped},
    };
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }();
  return functions;
}

}  // namespace hitwatch::notify
