#include "rules/scripts/series_values.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <optional>

#include "rules/promql/go_number.h"
#include "rules/window/series.h"

namespace hitwatch::scripts {
namespace {

using Kind = SequenceValue::Kind;

constexpr std::size_t kMostValuesOfLine = 1'000'000;
constexpr std::string_view kBetweenValues = " \t";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::ranges::equal(text.substr(0, lower.size()), lower, [](char left, char right) {
           return (left >= 'A' && left <= 'Z' ? left - 'A' + 'a' : left) == right;
         });
}

// Takes decimal digits with separators and an exponent, as they stand at the front; "" if none.
std::string take_digits(std::string_view& text) {
  std::string digits;
  std::size_t i = 0;
  while (i < text.size() && (is_digit(text[i]) || text[i] == '_' || text[i] == '.')) {
    if (text[i] != '_') digits += text[i];
    ++i;
  }
  if (i + 1 < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    std::size_t end = i + 1;
    if (text[end] == '+' || text[end] == '-') ++end;
    const std::size_t first = end;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end > first) {
      digits += text.substr(i, end - i);
      i = end;
    }
  }
  text.remove_prefix(i);
  return digits;
}

// Takes a number without a sign, or a word for one.
std::optional<double> take_unsigned(std::string_view& text) {
  for (const std::string_view word : {"inf", "nan"}) {
    if (!starts_with_ignoring_case(text, word)) continue;
    text.remove_prefix(word.size());
    if (word == "nan") return std::bit_cast<double>(window::kOrdinaryNanBits);
    return std::numeric_limits<double>::infinity();
  }
  if (text.empty() || (!is_digit(text.front()) && text.front() != '.')) return std::nullopt;
  return promql::parse_go_float(take_digits(text));
}

std::optional<double> take_value(std::string_view& text) {
  constexpr std::string_view kStale = "stale";
  if (text.starts_with(kStale)) {
    text.remove_prefix(kStale.size());
    return window::stale_marker();
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto value = take_unsigned(text);
  if (value && negative) return -*value;
  return value;
}

// What is left of an item: nothing, or `x` and a number of times.
std::optional<std::size_t> times(std::string_view text, std::size_t otherwise) {
  if (text.empty()) return otherwise;
  if (text.front() != 'x') return std::nullopt;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return count;
}

// Takes the item at the front: until white space that is not within a histogram.
std::string_view take_item(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && kBetweenValues.find(text[end]) == kBetweenValues.npos) {
    if (text.substr(end).starts_with("{{")) end = std::min(text.find("}}", end), text.size());
    ++end;
  }
  end = std::min(end, text.size());
  const std::string_view item = text.substr(0, end);
  text.remove_prefix(end);
  text.remove_prefix(std::min(text.find_first_not_of(kBetweenValues), text.size()));
  return item;
}

// Takes `{{…}}`, and another one that is added to it or subtracted.
bool take_histogram(std::string_view& item) {
  for (bool more = true; more;) {
    const std::size_t end = item.find("}}");
    if (!item.starts_with("{{") || end == item.npos) return false;
    item.remove_prefix(end + 2);
    more = item.starts_with('+') || item.starts_with('-');
    if (more) item.remove_prefix(1);
  }
  return true;
}

class ValuesReader {
 public:
  bool read(std::string_view item) {
    if (item.starts_with('_')) return repeat({}, times(item.substr(1), 1));
    if (item.starts_with("{{")) {
      if (!take_histogram(item)) return false;
      return repeat({Kind::kHistogram}, more(times(item, 0)));
    }
    const auto value = take_value(item);
    if (!value) return false;
    if (item.empty() || item.front() == 'x') {
      return repeat({Kind::kNumber, *value}, more(times(item, 0)));
    }
    const bool falls = item.front() == '-';
    if (!falls && item.front() != '+') return false;
    item.remove_prefix(1);
    const auto step = take_unsigned(item);
    if (!step || item.empty()) return false;
    return ramp(*value, falls ? -*step : *step, more(times(item, 0)));
  }
  bool full() const { return full_; }
  std::vector<SequenceValue> take() { return std::move(values_); }

 private:
  using Count = std::optional<std::size_t>;

  // `x4` after a value means five of it.
  static Count more(Count count) {
    return count ? Count(std::min(*count, kMostValuesOfLine) + 1) : count;
  }
  bool fits(Count count) {
    if (!count) return false;
    full_ = *count > kMostValuesOfLine - values_.size();
    return !full_;
  }
  bool repeat(SequenceValue value, Count count) {
    if (!fits(count)) return false;
    values_.insert(values_.end(), *count, value);
    return true;
  }
  bool ramp(double value, double step, Count count) {
    if (!fits(count)) return false;
    for (std::size_t i = 0; i < *count; ++i, value += step) {
      values_.push_back({Kind::kNumber, value});
    }
    return true;
  }

  std::vector<SequenceValue> values_;
  bool full_ = false;
};

}  // namespace

std::expected<std::vector<SequenceValue>, std::string> parse_series_values(std::string_view text) {
  ValuesReader reader;
  text.remove_prefix(std::min(text.find_first_not_of(kBetweenValues), text.size()));
  while (!text.empty()) {
    const std::string_view item = take_item(text);
    if (reader.read(item)) continue;
    if (reader.full()) {
      return std::unexpected(
          fmt::format("'{}' makes more than {} values", item, kMostValuesOfLine));
    }
    return std::unexpected(fmt::format(
        "'{}' is no value: write 1, 1x5, 1+2x5, _, _x5, stale or a number with an exponent", item));
  }
  return reader.take();
}

}  // namespace hitwatch::scripts
