#include "agent/notify/api_silences.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/json_response.h"
#include "agent/notify/alert_filter.h"
#include "agent/notify/api_body.h"
#include "agent/notify/api_json.h"
#include "agent/notify/posted_silence.h"

namespace hitwatch::notify {
namespace {

constexpr std::string_view kNoSilence = "silence not found";

bool has_matchers(const Silence& silence, const Matchers& wanted) {
  return std::ranges::all_of(wanted, [&](const Matcher& matcher) {
    return std::ranges::find(silence.matchers, matcher) != silence.matchers.end();
  });
}

// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  return text.size() == kForm.size() &&
         std::ranges::equal(text, kForm, [&](char character, char form) {
           return form == '-' ? character == '-' : kDigits.contains(character);
         });
}

// What is answered where there is no such silence.
std::optional<ApiAnswer> refuse_silence_id(std::string_view id, const Silences& silences) {
  if (!is_uuid(id)) {
    return ApiAnswer{
        .response = fault_response({BodyFault::kWrongKind, "the silence's id must be a UUID"})};
  }
  if (silences.find(id) != nullptr) return std::nullopt;
  return ApiAnswer{.response = sentence_response(404, kNoSilence)};
}

}  // namespace

ApiAnswer list_api_silences(const web::Request& request, ApiParts& parts, std::int64_t now) {
  const auto filters = read_filters(request);
  if (!filters) return {.response = sentence_response(400, filters.error())};
  std::string list = "[";
  for (const Silence* silence : parts.silences.all(now)) {
    if (!has_matchers(*silence, *filters)) continue;
    begin_entry(list);
    append_shown_silence(list, *silence, now);
  }
  list += "]\n";
  return {.response = json_text(std::move(list))};
}

ApiAnswer set_api_silence(const web::Request& request, ApiParts& parts, std::int64_t now) {
  if (const auto type = check_media_type(request); !type) {
    return {.response = fault_response(type.error())};
  }
  auto posted = read_posted_silence(request.body);
  if (!posted) return {.response = fault_response(posted.error())};
  const std::string& id = posted->silence.id;
  if (!id.empty() && parts.silences.find(id) == nullptr) {
    return {.response = sentence_response(404, kNoSilence)};
  }
  if (!posted->matcher_error.empty()) {
    return {.response = sentence_response(400, "invalid silence: " + posted->matcher_error)};
  }
  const auto set = parts.silences.set(std::move(posted->silence), now);
  if (!set) return {.response = sentence_response(400, "invalid silence: " + set.error())};
  return {.response = json_response(200, nlohmann::json{{"silenceID", *set}}),
          .changed = true,
          .silences_changed = true};
}

ApiAnswer show_api_silence(std::string_view id, ApiParts& parts, std::int64_t now) {
  if (auto refused = refuse_silence_id(id, parts.silences)) return *std::move(refused);
  std::string text;
  append_shown_silence(text, *parts.silences.find(id), now);
  return {.response = json_text(text + '\n')};
}

ApiAnswer expire_api_silence(std::string_view id, ApiParts& parts, std::int64_t now) {
  if (auto refused = refuse_silence_id(id, parts.silences)) return *std::move(refused);
  ApiAnswer answer{.response = {.content_type = ""}};
  if (parts.silences.find(id)->state(now) == Silence::State::kExpired) return answer;
  if (const auto expired = parts.silences.expire(id, now); !expired) {
    return {.response = sentence_response(500, expired.error())};
  }
  answer.changed = answer.silences_changed = true;
  return answer;
}

}  // namespace hitwatch::notify
