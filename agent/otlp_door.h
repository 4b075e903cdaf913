// POST /v1/metrics: who may send OTLP metrics, and what becomes of a body.
//
// Whoever brings the token may, or a user of the web configuration; where there is no token, also
// anybody on this machine, as with StatsD: exporters bring none unless they are told to.
//
// OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp), protobuf and JSON: the answer is
// an ExportMetricsServiceResponse, or a google.rpc.Status, in the encoding of the request.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "agent/door_access.h"
#include "agent/door_body.h"
#include "agent/log/log.h"
#include "agent/web/server.h"
#include "collectors/apps/options.h"
#include "collectors/apps/otlp_intake.h"
#include "collectors/lookups/store.h"

namespace hitwatch {

// Of a body, unpacked; as many of a body as sent, of those who are trusted.
constexpr std::size_t kMaxOtlpBody = 16U << 20;
constexpr std::size_t kMaxOtlpJsonBody = 8U << 20;  // takes longer to read

class OtlpDoor {
 public:
  // Closed until `configure` opens it. The references must outlive this.
  OtlpDoor(lookups::Store& store, log::Log& log);

  // As DoorAccess::configure and refresh.
  void configure(const apps::OtlpOptions& options);
  void refresh() { access_.refresh(); }

  // Any thread: whether a request is for this door and brings the token, and so needs no password.
  bool admits(const web::Request& request) const;
  // Any thread: whether it is for this door and may be large: with the token, or from this machine
  // where there is none.
  bool trusts(const web::Request& request) const;
  // Any thread: counts what a request says and answers it.
  web::Response take(const web::Request& request);

  struct Counters {
    apps::OtlpCounters points;
    std::array<std::uint64_t, kDoorRefusals> refused{};  // bodies, by DoorRefusal
  };
  Counters counters() const;

 private:
  enum class Encoding : std::uint8_t { kProtobuf, kJson };
  bool may_send(const web::Request& request) const;
  web::Response take(const web::Request& request, Encoding encoding);
  web::Response count(std::string_view body, Encoding encoding);
  static web::Response status_response(Encoding encoding, int status, std::string_view text);
  web::Response refuse(DoorRefusal refusal, Encoding encoding, int status, std::string_view text);

  DoorAccess access_;
  std::atomic<bool> without_token_ = false;  // none is configured
  DoorRefusals refused_;
  mutable std::mutex mutex_;  // of the intake
  apps::OtlpIntake intake_;
};

}  // namespace hitwatch
