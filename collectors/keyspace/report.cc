#include "collectors/keyspace/report.h"

#include <algorithm>
#include <cmath>

namespace hitwatch::keyspace {
namespace {

constexpr std::size_t kMostBytes = 128;  // of a redacted name
constexpr std::string_view kCut = "...";
constexpr std::size_t kLongestWord = 40;
constexpr int kMostDigits = 2;  // of a word

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word(std::string_view text) {
  if (text.empty() || text.size() > kLongestWord || !is_letter(text.front())) return false;
  const auto may_stand = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; };
  return std::ranges::all_of(text, may_stand) &&
         std::ranges::count_if(text, is_digit) <= kMostDigits;
}

// The first segment if it is a word, else "".
std::string_view leading_word(std::string_view name) {
  for (const char separator : {':', '/', '.'}) {
    const std::size_t end = name.find(separator);
    if (end == std::string_view::npos) continue;
    const std::string_view segment = name.substr(0, end);
    return is_word(segment) ? segment : std::string_view();
  }
  return {};
}

bool is_separator(char c) { return c == ':' || c == '/' || c == '.'; }

char redacted(char c) {
  if (is_letter(c)) return 'x';
  if (is_digit(c)) return '9';
  return c >= 0x20 && c < 0x7f ? c : '?';
}

// What is far beyond the cut is not read: names may have 512 MB.
std::string_view cut(std::string_view name) {
  return name.size() > kMostBytes ? name.substr(0, kMostBytes - kCut.size()) : name;
}

std::string redacted_after(std::string_view word, std::string_view name) {
  std::string text(word);
  for (const char c : cut(name).substr(word.size())) text += redacted(c);
  if (name.size() > kMostBytes) text += kCut;
  return text;
}

}  // namespace

Estimate sum(std::span<const Estimate> estimates) {
  double value = 0;
  double below = 0;  // squares of the distances
  double above = 0;
  for (const Estimate& estimate : estimates) {
    value += estimate.value;
    below += (estimate.value - estimate.low) * (estimate.value - estimate.low);
    above += (estimate.high - estimate.value) * (estimate.high - estimate.value);
  }
  return {value, value - std::sqrt(below), value + std::sqrt(above)};
}

Estimate unclassified_keys(const Report& report) {
  std::vector<Estimate> estimates;
  for (const Database& database : report.databases) estimates.push_back(database.unclassified);
  return sum(estimates);
}

const char* method_word(Method method) {
  switch (method) {
    case Method::kFull:
      return "full scan";
    case Method::kRandomCursors:
      return "random cursors";
    case Method::kRollingScan:
      return "rolling scan";
    case Method::kRandomKey:
      return "random keys";
    case Method::kNone:
      return "none";
  }
  return "none";
}

const std::vector<double>& ttl_bounds() {
  constexpr double kMinute = 60;
  constexpr double kHour = 60 * kMinute;
  constexpr double kDay = 24 * kHour;
  static const std::vector<double> bounds = {1,
                                             5,
                                             10,
                                             30,
                                             kMinute,
                                             5 * kMinute,
                                             10 * kMinute,
                                             15 * kMinute,
                                             30 * kMinute,
                                             kHour,
                                             2 * kHour,
                                             6 * kHour,
                                             12 * kHour,
                                             kDay,
                                             2 * kDay,
                                             7 * kDay,
                                             14 * kDay,
                                             30 * kDay,
                                             90 * kDay,
                                             365 * kDay};
  return bounds;
}

std::string redacted_key(std::string_view name) {
  return redacted_after(leading_word(cut(name)), name);
}

std::string redacted_segment(std::string_view segment) {
  std::string_view word = segment;
  if (!word.empty() && is_separator(word.back())) word.remove_suffix(1);
  return redacted_after(is_word(word) ? word : std::string_view(), segment);
}

}  // namespace hitwatch::keyspace
