#include "agent/notify/posted_silence.h"

#include <fmt/core.h>

#include <utility>

namespace hitwatch::notify {
namespace {

Matcher::Kind posted_matcher_kind(bool is_regex, bool is_equal) {
  if (is_regex) return is_equal ? Matcher::Kind::kMatches : Matcher::Kind::kDoesNotMatch;
  return is_equal ? Matcher::Kind::kEqual : Matcher::Kind::kNotEqual;
}

std::optional<BodyFault> read_posted_matcher(const nlohmann::json& json, std::size_t index,
                                             PostedSilence& posted) {
  const std::string where = fmt::format("matcher {}: ", index);
  BodyReader reader(json, where);
  for (const char* name : {"name", "value", "isRegex"}) reader.require(name);
  std::string name = reader.text("name", PostedSilence::kMostNameBytes);
  std::string value = reader.text("value", PostedSilence::kMostValueBytes);
  const bool is_regex = reader.flag("isRegex").value_or(false);
  const bool is_equal = reader.flag("isEqual").value_or(true);
  if (reader.fault()) return reader.fault();
  auto matcher =
      Matcher::make(posted_matcher_kind(is_regex, is_equal), std::move(name), std::move(value));
  if (matcher) {
    posted.silence.matchers.push_back(*std::move(matcher));
  } else if (posted.matcher_error.empty()) {
    posted.matcher_error = where + matcher.error();
  }
  return std::nullopt;
}

}  // namespace

std::expected<PostedSilence, BodyFault> read_posted_silence(std::string_view body) {
  constexpr std::size_t kMostIdBytes = 64;
  const auto json = parse_body(body);
  if (!json) return std::unexpected(json.error());
  PostedSilence posted;
  Silence& silence = posted.silence;
  BodyReader reader(*json, "");
  for (const char* name : {"comment", "createdBy", "endsAt", "matchers", "startsAt"}) {
    reader.require(name);
  }
  silence.id = reader.text("id", kMostIdBytes);
  silence.comment = reader.text("comment", PostedSilence::kMostCommentBytes);
  silence.created_by = reader.text("createdBy", PostedSilence::kMostAuthorBytes);
  silence.starts_at = reader.time("startsAt").value_or(0);
  silence.ends_at = reader.time("endsAt").value_or(0);
  const nlohmann::json* matchers = reader.list("matchers", PostedSilence::kMostMatchers);
  if (matchers != nullptr && matchers->empty()) {
    reader.fail(BodyFault::kTooFew, "a silence needs a matcher");
  }
  if (reader.fault()) return std::unexpected(*reader.fault());
  for (std::size_t i = 0; i < matchers->size(); ++i) {
    if (const auto fault = read_posted_matcher((*matchers)[i], i, posted)) {
      return std::unexpected(*fault);
    }
  }
  return posted;
}

}  // namespace hitwatch::notify
