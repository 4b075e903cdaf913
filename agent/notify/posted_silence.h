// The body of POST /api/v2/silences: a new silence, or another version of one.
#pragma once

#include <expected>
#include <string_view>

#include "agent/notify/api_body.h"
#include "agent/notify/silences.h"

namespace hitwatch::notify {

struct PostedSilence {
  static constexpr std::size_t kMostMatchers = 128;
  static constexpr std::size_t kMostNameBytes = 1 << 10;
  static constexpr std::size_t kMostValueBytes = 16 << 10;
  static constexpr std::size_t kMostAuthorBytes = 1 << 10;
  static constexpr std::size_t kMostCommentBytes = 16 << 10;

  Silence silence;            // for Silences::set, which has the last word
  std::string matcher_error;  // "matcher 0: …" if a regular expression is none
};

std::expected<PostedSilence, BodyFault> read_posted_silence(std::string_view body);

}  // namespace hitwatch::notify
