#include "agent/rules/api_parameters.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "agent/json_response.h"
#include "agent/net/duration.h"
#include "agent/net/http_words.h"
#include "agent/net/rfc3339.h"
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
  return net::parse_rfc3339(text);
}

std::string format_time(std::int64_t milliseconds) { return net::format_rfc3339(milliseconds); }

}  // namespace hitwatch::rules
