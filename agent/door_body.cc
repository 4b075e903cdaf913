#include "agent/door_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/net/http_words.h"
#include "agent/web/decompress.h"

namespace hitwatch {
namespace {

std::unexpected<DoorFault> too_large(std::size_t most) {
  return std::unexpected(
      DoorFault{DoorRefusal::kTooLarge, 413,
                fmt::format("the body has more than {} bytes when unpacked", most)});
}

}  // namespace

std::string_view door_refusal_word(DoorRefusal refusal) {
  switch (refusal) {
    case DoorRefusal::kAuth:
      return "auth";
    case DoorRefusal::kBody:
      return "body";
    case DoorRefusal::kTooLarge:
      return "too_large";
    case DoorRefusal::kEncoding:
      return "encoding";
  }
  return "body";
}

std::array<std::uint64_t, kDoorRefusals> DoorRefusals::counts() const {
  std::array<std::uint64_t, kDoorRefusals> counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] = counts_[i].load(std::memory_order_relaxed);
  }
  return counts;
}

std::string_view trimmed_header(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

bool is_media_type(std::string_view content_type, std::span<const std::string_view> types) {
  const std::string_view name = trimmed_header(content_type.substr(0, content_type.find(';')));
  return std::ranges::any_of(
      types, [&](std::string_view type) { return net::equal_ignoring_case(name, type); });
}

std::expected<std::string_view, DoorFault> unpack_body(const web::Request& request,
                                                       std::size_t most, std::string& room) {
  const std::string_view coding = trimmed_header(request.header("Content-Encoding"));
  if (coding.empty() || net::equal_ignoring_case(coding, "identity")) {
    if (request.body.size() > most) return too_large(most);
    return request.body;
  }
  if (!net::equal_ignoring_case(coding, "gzip") && !net::equal_ignoring_case(coding, "x-gzip")) {
    return std::unexpected(
        DoorFault{DoorRefusal::kEncoding, 415, "the Content-Encoding must be gzip, or none"});
  }
  auto unpacked = web::gunzip(request.body, most);
  if (!unpacked) {
    if (unpacked.error() == web::GunzipFault::kTooLarge) return too_large(most);
    return std::unexpected(DoorFault{DoorRefusal::kEncoding, 400, "the body is not whole gzip"});
  }
  room = *std::move(unpacked);
  return room;
}

}  // namespace hitwatch
