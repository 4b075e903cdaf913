#include "agent/rules/api_parameters.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "agent/json_response.h"
#include "agent/net/duration.h"
#include "agent/net/http_words.h"
#include "agent/web/request_target.h"

namespace hitwatch::rules {
namespace {

// Times beyond are no times of this world, and milliseconds must fit into 64 bits.
constexpr double kMostSeconds = 9.2e15;

std::optional<double> parse_seconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(std::abs(seconds) < kMostSeconds)) return std::nullopt;
  return seconds;
}

// Takes `count` digits.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  int number = 0;
  if (text.size() < count) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, number);
  if (error != std::errc() || end != text.data() + count || number < 0) return std::nullopt;
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

// The milliseconds of `.123456`; 0 where there is no fraction.
std::optional<int> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return 0;
  text.remove_prefix(1);
  int milliseconds = 0;
  int scale = 100;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    milliseconds += (text[digits] - '0') * scale;
    scale /= 10;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return milliseconds;
}

// Minutes east of Greenwich of `Z` or `+02:00`.
std::optional<int> take_zone(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  const int sign = text.starts_with('-') ? -1 : 1;
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ":")) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 60 + *minutes);
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto year = take_digits(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ":")) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto zone = take_zone(text);
  const year_month_day date{std::chrono::year(*year), std::chrono::month(unsigned(*month)),
                            std::chrono::day(unsigned(*day))};
  if (!zone || !text.empty() || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  const std::int64_t seconds = sys_days(date).time_since_epoch() / std::chrono::seconds(1) +
                               *hour * 3600 + (*minute - *zone) * 60 + *second;
  return seconds * 1000 + *fraction;
}

}  // namespace

web::Response error_response(const ApiError& error) {
  const nlohmann::ordered_json body = {
      {"status", "error"}, {"errorType", error.type}, {"error", error.text}};
  return json_response(error.status, body);
}

ApiError bad_parameter(std::string_view name, std::string_view text) {
  return {400, "bad_data", fmt::format("invalid parameter \"{}\": {}", name, text)};
}

std::expected<ApiParameters, ApiError> ApiParameters::read(const web::Request& request) {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  ApiParameters parameters;
  const std::string_view type = request.header("Content-Type");
  if (request.method == "POST" && type.substr(0, type.find(';')) == kForm) {
    std::string path;
    if (!web::parse_request_target("/?" + request.body, path, parameters.parameters_)) {
      return std::unexpected(ApiError{400, "bad_data", "the form in the body is broken"});
    }
  }
  parameters.parameters_.insert(parameters.parameters_.end(), request.query.begin(),
                                request.query.end());
  return parameters;
}

const std::string* ApiParameters::find(std::string_view name) const {
  for (const web::Header& parameter : parameters_) {
    if (parameter.name == name && !parameter.value.empty()) return &parameter.value;
  }
  return nullptr;
}

std::vector<std::string> ApiParameters::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const web::Header& parameter : parameters_) {
    if (parameter.name == name) values.push_back(parameter.value);
  }
  return values;
}

std::expected<std::int64_t, ApiError> ApiParameters::time(
    std::string_view name, std::optional<std::int64_t> otherwise) const {
  const std::string* text = find(name);
  if (text == nullptr && otherwise) return *otherwise;
  const auto time = text == nullptr ? std::nullopt : parse_time(*text);
  if (time) return *time;
  return std::unexpected(bad_parameter(
      name, fmt::format("cannot parse \"{}\" to a valid timestamp", text == nullptr ? "" : *text)));
}

std::expected<std::int64_t, ApiError> ApiParameters::duration(
    std::string_view name, std::optional<std::int64_t> otherwise) const {
  const std::string* text = find(name);
  if (text == nullptr && otherwise) return *otherwise;
  if (text != nullptr) {
    if (const auto seconds = parse_seconds(*text)) {
      return static_cast<std::int64_t>(std::round(*seconds * 1000));
    }
    if (const auto duration = net::parse_duration(*text)) return duration->count();
  }
  return std::unexpected(bad_parameter(
      name, fmt::format("cannot parse \"{}\" to a valid duration", text == nullptr ? "" : *text)));
}

std::expected<std::size_t, ApiError> ApiParameters::limit(std::string_view name) const {
  const std::string* text = find(name);
  if (text == nullptr) return 0;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc() && end == text->data() + text->size()) return number;
  return std::unexpected(bad_parameter(name, "limit must be a non-negative number"));
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  if (const auto seconds = parse_seconds(text)) {
    return static_cast<std::int64_t>(std::round(*seconds * 1000));
  }
  return parse_rfc3339(text);
}

std::string format_time(std::int64_t milliseconds) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{
      std::chrono::milliseconds(milliseconds)};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::string text =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(seconds.time_since_epoch().count()));
  std::string fraction = fmt::format(".{:03}", (time - seconds).count());
  fraction.resize(fraction.find_last_not_of('0') + 1);
  if (fraction != ".") text += fraction;
  return text + 'Z';
}

}  // namespace hitwatch::rules
