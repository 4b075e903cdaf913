// Bodies of requests of Alertmanager's API: JSON whose fields are looked at one by one.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/metrics/labels.h"
#include "agent/web/server.h"

namespace hitwatch::notify {

// A body that is not of the form. Alertmanager's codes are its HTTP status, or beyond 599 say what
// is wrong with a field, at status 422.
struct BodyFault {
  static constexpr int kNotJson = 400;
  static constexpr int kOtherMedia = 415;
  static constexpr int kWrongKind = 601;
  static constexpr int kMissing = 602;
  static constexpr int kTooLong = 603;
  static constexpr int kTooFew = 612;
  static constexpr int kTooMany = 613;

  int code = kNotJson;
  std::string text;
};

// `{"code":602,"message":"…"}`
web::Response fault_response(const BodyFault& fault);
// A JSON string, as Alertmanager words what is wrong with alerts, silences and filters.
web::Response sentence_response(int status, std::string_view text);

// Refuses other media types than application/json.
std::expected<void, BodyFault> check_media_type(const web::Request& request);
// Bytes that are no UTF-8 become U+FFFD; an empty body is missing. The error names the byte where
// it stops being JSON.
std::expected<nlohmann::json, BodyFault> parse_body(std::string_view body);

// Reads fields of an object; what is null counts as not given. The first fault stays, and
// everything read after it is empty.
class BodyReader {
 public:
  // `where` begins the sentences: "alert 3: ". Both must outlive this.
  BodyReader(const nlohmann::json& object, std::string_view where);

  // Whether it is given; if not, that is a fault.
  bool require(const char* name);

  std::string text(const char* name, std::size_t most_bytes);  // "" if it is not given
  std::optional<bool> flag(const char* name);
  // RFC 3339; without an offset in UTC. The time 0001-01-01T00:00:00Z and "" count as not given.
  std::optional<std::int64_t> time(const char* name);
  // An object of texts, sorted by name.
  metrics::Labels labels(const char* name);
  // An array; nullptr if it is not given.
  const nlohmann::json* list(const char* name, std::size_t most);

  void fail(int code, std::string_view text);
  const std::optional<BodyFault>& fault() const { return fault_; }

 private:
  const nlohmann::json* find(const char* name) const;
  // `"labels" must be …`
  void fail_field(int code, const char* name, std::string_view text);

  const nlohmann::json& object_;
  std::string_view where_;
  std::optional<BodyFault> fault_;
};

}  // namespace hitwatch::notify
