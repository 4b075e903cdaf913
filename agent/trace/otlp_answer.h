// What a receiver's answer to an ExportTraceServiceRequest says.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "agent/net/error.h"
#include "agent/net/http_client.h"
#include "agent/net/secret_texts.h"

namespace hitwatch::trace {

struct OtlpVerdict {
  enum class Kind : std::uint8_t {
    kAccepted,  // all, but for those that were rejected
    kTooLarge,  // 413: a smaller batch may be taken
    kRefused,   // for good
    kBusy,      // 429, 502, 503, 504: to be tried again
    kFailed     // no answer: likewise
  };
  Kind kind = Kind::kFailed;
  std::uint64_t rejected = 0;  // spans, of kAccepted
  // Why, or what the receiver has to say of what it accepted; "" if there is nothing. As it came:
  // it may repeat secrets of the request, and anything else.
  std::string text = {};
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;  // of kBusy
};

// `now` is in milliseconds since 1970.
OtlpVerdict judge_answer(const std::expected<net::HttpResponse, net::Error>& answer,
                         std::int64_t now);

// What was said, for a log: without `secrets`, in one line of printable characters, of at most 200
// bytes.
std::string loggable(std::string_view said, const net::SecretTexts& secrets);

}  // namespace hitwatch::trace
