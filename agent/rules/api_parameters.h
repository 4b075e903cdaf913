// The parameters of Prometheus' HTTP API: of the query, or of a form in the body.
// https://prometheus.io/docs/prometheus/latest/querying/api/
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/web/server.h"

namespace hitwatch::rules {

// An error of the API: its HTTP status, its type word and a sentence.
struct ApiError {
  int status;
  std::string_view type;
  std::string text;
};

web::Response error_response(const ApiError& error);
// `invalid parameter "start": …`
ApiError bad_parameter(std::string_view name, std::string_view text);

class ApiParameters {
 public:
  // Those of the query and, of a POST with a form, those of the body before them.
  static std::expected<ApiParameters, ApiError> read(const web::Request& request);

  const std::string* find(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;

  // A time in seconds since the Unix epoch or as RFC 3339 words it; milliseconds. `otherwise` if it
  // is not given, or an error if that is nothing.
  std::expected<std::int64_t, ApiError> time(std::string_view name,
                                             std::optional<std::int64_t> otherwise) const;
  // A number of seconds or a duration like `1m30s`; milliseconds, above 0.
  std::expected<std::int64_t, ApiError> duration(std::string_view name,
                                                 std::optional<std::int64_t> otherwise) const;
  // A whole number; 0 stands for no limit.
  std::expected<std::size_t, ApiError> limit(std::string_view name) const;

 private:
  std::vector<web::Header> parameters_;
};

// Milliseconds since the Unix epoch; nothing if it is neither seconds nor RFC 3339.
std::optional<std::int64_t> parse_time(std::string_view text);
// `2026-08-20T10:00:00.123Z`; without a fraction where it is 0.
std::string format_time(std::int64_t milliseconds);

}  // namespace hitwatch::rules
