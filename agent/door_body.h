// What a request posts to a door: its type, its body out of gzip, and why it is refused.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "agent/web/server.h"

namespace hitwatch {

// Why a body was not taken.
enum class DoorRefusal : std::uint8_t { kAuth, kBody, kTooLarge, kEncoding };
constexpr std::size_t kDoorRefusals = 4;
// The value of the label `reason`: "auth", "body", "too_large", "encoding".
std::string_view door_refusal_word(DoorRefusal refusal);

// Bodies refused, by DoorRefusal. Any thread.
class DoorRefusals {
 public:
  void count(DoorRefusal refusal) {
    counts_[static_cast<std::size_t>(refusal)].fetch_add(1, std::memory_order_relaxed);
  }
  std::array<std::uint64_t, kDoorRefusals> counts() const;

 private:
  std::array<std::atomic<std::uint64_t>, kDoorRefusals> counts_{};
};

// A header's value without blanks around it.
std::string_view trimmed_header(std::string_view text);

// Whether a Content-Type names one of these media types, whatever its parameters.
bool is_media_type(std::string_view content_type, std::span<const std::string_view> types);

struct DoorFault {
  DoorRefusal refusal;
  int status;
  std::string text;
};
// The body, unpacked into `room` where it is gzip, at most `most` bytes of it.
std::expected<std::string_view, DoorFault> unpack_body(const web::Request& request,
                                                       std::size_t most, std::string& room);

}  // namespace hitwatch
