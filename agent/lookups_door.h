// POST /v1/lookups: who may report lookups over HTTP, and what becomes of a body.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/door_access.h"
#include "agent/door_body.h"
#include "agent/log/log.h"
#include "agent/trace/context.h"
#include "agent/web/server.h"
#include "collectors/apps/options.h"
#include "collectors/lookups/store.h"

namespace hitwatch {

class LookupsDoor {
 public:
  // Closed until `configure` opens it. The references must outlive this.
  LookupsDoor(lookups::Store& store, log::Log& log);

  // As DoorAccess::configure and refresh.
  void configure(const apps::HttpOptions& options);
  void refresh() { access_.refresh(); }

  // Any thread: whether a request is for this door and brings the token, and so needs no password.
  bool admits(const web::Request& request) const;
  // Any thread: counts what a request reports and answers it. One that a user's password let in
  // must name JSON as its type. Reports that name no trace are of that of the request's header
  // `traceparent`, if it says that it is sampled.
  web::Response take(const web::Request& request);

  struct Counters {
    std::uint64_t reports = 0;
    std::array<std::uint64_t, kDoorRefusals> refused{};  // bodies, by DoorRefusal
  };
  Counters counters() const;

 private:
  // What `take` does with a body that was let in and unpacked.
  web::Response count(std::string_view body, const std::optional<trace::Context>& traced);
  web::Response refuse(DoorRefusal refusal, web::Response response);

  lookups::Store& store_;
  DoorAccess access_;
  std::atomic<std::uint64_t> reports_ = 0;
  DoorRefusals refused_;
};

}  // namespace hitwatch
