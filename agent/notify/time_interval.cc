#include "agent/notify/time_interval.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <span>

namespace hitwatch::notify {
namespace {

constexpr auto kWeekdays = std::to_array<std::string_view>(
    {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"});
constexpr auto kMonths =
    std::to_array<std::string_view>({"january", "february", "march", "april", "may", "june", "july",
                                     "august", "september", "october", "november", "december"});
constexpr int kShortestMonth = 28;
constexpr int kMostYear = 9999;
constexpr int kEndOfDay = 24 * 60;

using ParsePart = std::function<std::optional<int>(std::string_view)>;

// The index of a word, whatever the case of its letters.
std::optional<int> word_index(std::span<const std::string_view> words, std::string_view text) {
  const auto same_letter = [](char a, char b) { return (a | 0x20) == b; };
  const auto found = std::ranges::find_if(
      words, [&](std::string_view word) { return std::ranges::equal(text, word, same_letter); });
  if (found == words.end()) return std::nullopt;
  return static_cast<int>(found - words.begin());
}

std::optional<int> number_within(std::string_view text, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

// `a` or `a:b`. `kind` says what is expected.
std::expected<Span, std::string> parse_span(std::string_view text, std::string_view kind,
                                            const ParsePart& parse) {
  const std::size_t colon = text.find(':');
  const auto first = parse(text.substr(0, colon));
  const auto last = colon == text.npos ? first : parse(text.substr(colon + 1));
  if (!first || !last) return std::unexpected(fmt::format("is {}", kind));
  return Span{*first, *last};
}

std::expected<Span, std::string> forwards(std::expected<Span, std::string> span) {
  if (span && span->first > span->last) return std::unexpected("ends before it begins");
  return span;
}

// The day that a negative number means in a month.
int day_in_month(int day, int days) { return day < 0 ? days + day + 1 : day; }

int days_in_month(absl::CivilDay day) {
  const absl::CivilMonth month(day);
  return static_cast<int>(absl::CivilDay(month + 1) - absl::CivilDay(month));
}

bool within(const std::vector<Span>& spans, int value) {
  if (spans.empty()) return true;
  return std::ranges::any_of(
      spans, [&](const Span& span) { return value >= span.first && value <= span.last; });
}

bool within_times(const std::vector<Span>& spans, int minute) {
  if (spans.empty()) return true;
  return std::ranges::any_of(
      spans, [&](const Span& span) { return minute >= span.first && minute < span.last; });
}

bool within_days(const std::vector<Span>& spans, absl::CivilDay day) {
  if (spans.empty()) return true;
  const int days = days_in_month(day);
  return std::ranges::any_of(spans, [&](const Span& span) {
    return day.day() >= day_in_month(span.first, days) &&
           day.day() <= day_in_month(span.last, days);
  });
}

std::optional<absl::TimeZone> load_zone(const std::string& name) {
  if (name.empty()) return absl::UTCTimeZone();
  if (name == "Local") return absl::LocalTimeZone();
  // What the library would take besides names of the database: files, and offsets of its own.
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return std::string_view("+-_/").find(c) != std::string_view::npos || (c >= '0' && c <= '9') ||
           (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  if (!is_plain || name.starts_with('/') || name.starts_with("Fixed/")) return std::nullopt;
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) return std::nullopt;
  return zone;
}

// A zone that the database had when the configuration was read stays known to the library.
bool contains(const TimeSpec& spec, absl::Time time) {
  const auto zone = load_zone(spec.location);
  const absl::CivilSecond local = absl::ToCivilSecond(time, zone ? *zone : absl::UTCTimeZone());
  const absl::CivilDay day(local);
  // Weekdays are counted from Monday there.
  const int weekday = (static_cast<int>(absl::GetWeekday(day)) + 1) % 7;
  return within_times(spec.times, local.hour() * 60 + local.minute()) &&
         within_days(spec.days_of_month, day) && within(spec.months, local.month()) &&
         within(spec.weekdays, weekday) && within(spec.years, static_cast<int>(local.year()));
}

}  // namespace

std::expected<int, std::string> parse_time_of_day(std::string_view text) {
  constexpr std::string_view kShape = "is no time of day, from 00:00 to 24:00 with two digits each";
  const bool shaped = text.size() == 5 && text[2] == ':';
  const auto hour = shaped ? number_within(text.substr(0, 2), 0, 24) : std::nullopt;
  const auto minute = shaped ? number_within(text.substr(3), 0, 59) : std::nullopt;
  if (!hour || !minute || *hour * 60 + *minute > kEndOfDay) {
    return std::unexpected(std::string(kShape));
  }
  return *hour * 60 + *minute;
}

std::expected<Span, std::string> parse_weekdays(std::string_view text) {
  return forwards(parse_span(text, "no weekday like 'monday', and no span like 'monday:friday'",
                             [](std::string_view part) { return word_index(kWeekdays, part); }));
}

std::expected<Span, std::string> parse_days_of_month(std::string_view text) {
  const auto span = parse_span(text, "no day from 1 to 31 or -31 to -1, and no span like '1:5'",
                               [](std::string_view part) {
                                 const auto day = number_within(part, -31, 31);
                                 return day == 0 ? std::nullopt : day;
                               });
  if (!span) return span;
  if (span->first < 0 && span->last > 0) {
    return std::unexpected("begins at the month's end and must end there, too");
  }
  if (day_in_month(span->first, kShortestMonth) > day_in_month(span->last, kShortestMonth)) {
    return std::unexpected("ends before it begins, if only in some months");
  }
  return span;
}

std::expected<Span, std::string> parse_months(std::string_view text) {
  return forwards(parse_span(
      text, "no month like 'may' or 5, and no span like 'may:august'", [](std::string_view part) {
        const auto index = word_index(kMonths, part);
        return index ? std::optional(*index + 1) : number_within(part, 1, 12);
      }));
}

std::expected<Span, std::string> parse_years(std::string_view text) {
  return forwards(
      parse_span(text, "no year, and no span like '2026:2030'",
                 [](std::string_view part) { return number_within(part, 0, kMostYear); }));
}

bool is_location(const std::string& name) { return load_zone(name).has_value(); }

bool contains(const TimeInterval& interval, std::int64_t time) {
  return std::ranges::any_of(interval.specs, [&](const TimeSpec& spec) {
    return contains(spec, absl::FromUnixMillis(time));
  });
}

}  // namespace hitwatch::notify
