// POST /v1/lookups: who may report lookups over HTTP, and what becomes of a body.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "agent/log/log.h"
#include "agent/trace/context.h"
#include "agent/web/server.h"
#include "collectors/apps/options.h"
#include "collectors/lookups/store.h"

namespace hitwatch {

class LookupsDoor {
 public:
  // Why a body was not counted.
  enum class Refusal : std::uint8_t { kAuth, kBody, kTooLarge, kEncoding };
  static constexpr std::size_t kRefusals = 4;
  // The value of the label `reason`: "auth", "body", "too_large", "encoding".
  static std::string_view refusal_word(Refusal refusal);

  // Closed until `configure` opens it. The references must outlive this.
  LookupsDoor(lookups::Store& store, log::Log& log);

  // Both read the token, so not for a thread that must not wait for a file. A file that cannot be
  // read any more leaves its former token in force; of a new source that cannot be read none is
  // taken. Either is logged once.
  void configure(const apps::HttpOptions& options);
  void refresh();

  // Any thread: whether a request is for this door and brings the token, and so needs no password.
  bool admits(const web::Request& request) const;
  // Any thread: counts what a request reports and answers it. One that a user's password let in
  // must name JSON as its type. Reports that name no trace are of that of the request's header
  // `traceparent`, if it says that it is sampled.
  web::Response take(const web::Request& request);

  struct Counters {
    std::uint64_t reports = 0;
    std::array<std::uint64_t, kRefusals> refused{};  // bodies, by Refusal
  };
  Counters counters() const;

 private:
  bool has_token(const web::Request& request) const;
  enum class OnFailure : std::uint8_t { kKeepFormer, kTakeNone };
  void read_token(OnFailure on_failure);
  void complain(std::string_view why);  // with the lock
  // What `take` does with a body that was let in and unpacked.
  web::Response count(std::string_view body, const std::optional<trace::Context>& traced);
  web::Response refuse(Refusal refusal, web::Response response);
  web::Response refuse_too_large();

  lookups::Store& store_;
  log::Log& log_;
  mutable std::mutex mutex_;  // of the three below
  apps::HttpOptions options_;
  std::string token_;
  bool complained_ = false;
  std::atomic<std::uint64_t> reports_ = 0;
  std::array<std::atomic<std::uint64_t>, kRefusals> refused_{};
};

}  // namespace hitwatch
