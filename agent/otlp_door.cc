#include "agent/otlp_door.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "agent/json_response.h"
#include "collectors/apps/otlp_json.h"
#include "collectors/apps/otlp_wire.h"

namespace hitwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kOtlpPath = "/v1/metrics";
// Neither can a page in a browser send to another site, whose user's password it might bring.
constexpr auto kProtobufTypes =
    std::to_array<std::string_view>({"application/x-protobuf", "application/protobuf"});
constexpr auto kJsonTypes = std::to_array<std::string_view>({"application/json"});

// Of google.rpc.Code, for a status of HTTP.
int rpc_code(int status) {
  constexpr int kInvalidArgument = 3;
  constexpr int kNotFound = 5;
  constexpr int kResourceExhausted = 8;
  constexpr int kUnauthenticated = 16;
  switch (status) {
    case 401:
      return kUnauthenticated;
    case 404:
      return kNotFound;
    case 413:
      return kResourceExhausted;
    default:
      return kInvalidArgument;
  }
}

web::Response protobuf_response(int status, std::string body) {
  return {.status = status, .content_type = "application/x-protobuf", .body = std::move(body)};
}

std::uint64_t unix_nanoseconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

std::string partial_success(const apps::OtlpIntake::Outcome& outcome) {
  std::string partial;
  apps::append_wire_varint(partial, 1, outcome.refused);
  apps::append_wire_bytes(partial, 2, outcome.reasons);
  std::string response;
  apps::append_wire_bytes(response, 1, partial);
  return response;
}

}  // namespace

OtlpDoor::OtlpDoor(lookups::Store& store, log::Log& log)
    : access_("POST /v1/metrics", log), intake_(store, unix_nanoseconds()) {}

void OtlpDoor::configure(const apps::OtlpOptions& options) {
  access_.configure(options.enabled, options.token);
  without_token_ = options.token.empty();
  const std::scoped_lock lock(mutex_);
  intake_.configure(options.mapping, unix_nanoseconds());
}

bool OtlpDoor::admits(const web::Request& request) const {
  return request.path == kOtlpPath && request.method == "POST" && access_.has_token(request);
}

bool OtlpDoor::may_send(const web::Request& request) const {
  return access_.has_token(request) || (without_token_ && request.from_loopback);
}

bool OtlpDoor::trusts(const web::Request& request) const {
  return request.path == kOtlpPath && request.method == "POST" && access_.is_open() &&
         may_send(request);
}

web::Response OtlpDoor::refuse(DoorRefusal refusal, Encoding encoding, int status,
                               std::string_view text) {
  refused_.count(refusal);
  return status_response(encoding, status, text);
}

web::Response OtlpDoor::status_response(Encoding encoding, int status, std::string_view text) {
  if (encoding == Encoding::kJson) {
    return json_response(status, Json{{"code", rpc_code(status)}, {"message", text}});
  }
  std::string body;
  apps::append_wire_varint(body, 1, static_cast<std::uint64_t>(rpc_code(status)));
  apps::append_wire_bytes(body, 2, text);
  return protobuf_response(status, std::move(body));
}

web::Response OtlpDoor::take(const web::Request& request) {
  const std::string_view type = request.header("Content-Type");
  if (is_media_type(type, kProtobufTypes)) return take(request, Encoding::kProtobuf);
  if (is_media_type(type, kJsonTypes)) return take(request, Encoding::kJson);
  return refuse(DoorRefusal::kEncoding, Encoding::kJson, 415,
                "the Content-Type must be application/x-protobuf or application/json");
}

web::Response OtlpDoor::take(const web::Request& request, Encoding encoding) {
  if (!access_.is_open()) {
    return status_response(encoding, 404, "POST /v1/metrics is off: set apps.otlp.enabled");
  }
  if (request.user.empty() && !may_send(request)) {
    auto response =
        refuse(DoorRefusal::kAuth, encoding, 401,
               without_token_ ? "only this machine may send: give apps.otlp a token"
                              : "the token of apps.otlp is needed, or a user's password");
    response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"hitwatch\""});
    return response;
  }
  std::string room;
  const std::size_t most = encoding == Encoding::kJson ? kMaxOtlpJsonBody : kMaxOtlpBody;
  const auto body = unpack_body(request, most, room);
  if (body) return count(*body, encoding);
  return refuse(body.error().refusal, encoding, body.error().status, body.error().text);
}

web::Response OtlpDoor::count(std::string_view body, Encoding encoding) {
  std::string translated;
  if (encoding == Encoding::kJson) {
    auto result = apps::otlp_from_json(body);
    if (!result) return refuse(DoorRefusal::kBody, encoding, 400, result.error());
    translated = *std::move(result);
    body = translated;
  }
  std::optional<apps::OtlpIntake::Outcome> outcome;
  {
    const std::scoped_lock lock(mutex_);
    outcome = intake_.take(body, unix_nanoseconds());
  }
  if (!outcome) {
    return refuse(DoorRefusal::kBody, encoding, 400,
                  "the body is not an ExportMetricsServiceRequest");
  }
  if (encoding == Encoding::kProtobuf) {
    return protobuf_response(200, outcome->refused == 0 ? "" : partial_success(*outcome));
  }
  if (outcome->refused == 0) return json_response(200, Json::object());
  return json_response(200, Json{{"partialSuccess",
                                  {{"rejectedDataPoints", std::to_string(outcome->refused)},
                                   {"errorMessage", outcome->reasons}}}});
}

OtlpDoor::Counters OtlpDoor::counters() const {
  const std::scoped_lock lock(mutex_);
  return {.points = intake_.counters(), .refused = refused_.counts()};
}

}  // namespace hitwatch
