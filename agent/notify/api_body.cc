#include "agent/notify/api_body.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "agent/json_response.h"
#include "agent/net/http_words.h"
#include "agent/net/rfc3339.h"

namespace hitwatch::notify {
namespace {

std::string_view trimmed_media_type(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  text = text.substr(0, text.find(';'));
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

std::string with_valid_bytes(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = metrics::utf8_length(text);
    out += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

// Whether arrays and objects lie in one another more than `most` deep.
bool nests_deeper_than(std::string_view json, int most) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char character = json[i];
    if (quoted && character == '\\') ++i;
    if (character == '"') quoted = !quoted;
    if (quoted) continue;
    if (character == '[' || character == '{') ++depth;
    if (character == ']' || character == '}') --depth;
    if (depth > most) return true;
  }
  return false;
}

}  // namespace

web::Response fault_response(const BodyFault& fault) {
  constexpr int kUnprocessable = 422;
  const nlohmann::ordered_json body = {{"code", fault.code}, {"message", fault.text}};
  return json_response(fault.code > 599 ? kUnprocessable : fault.code, body);
}

web::Response sentence_response(int status, std::string_view text) {
  return json_response(status, nlohmann::json(text));
}

std::expected<void, BodyFault> check_media_type(const web::Request& request) {
  const std::string_view type = trimmed_media_type(request.header("Content-Type"));
  if (net::equal_ignoring_case(type, "application/json")) return {};
  return std::unexpected(
      BodyFault{BodyFault::kOtherMedia,
                fmt::format("the media type is \"{}\"; only application/json is taken", type)});
}

std::expected<nlohmann::json, BodyFault> parse_body(std::string_view body) {
  if (body.empty()) return std::unexpected(BodyFault{BodyFault::kMissing, "the body is missing"});
  constexpr int kDeepest = 32;  // the forms need four; a tree of a million levels takes seconds
  if (nests_deeper_than(body, kDeepest)) {
    return std::unexpected(BodyFault{BodyFault::kNotJson, "the body nests too deep"});
  }
  try {
    return nlohmann::json::parse(with_valid_bytes(body));
  } catch (const nlohmann::json::parse_error& error) {
    return std::unexpected(BodyFault{
        BodyFault::kNotJson, fmt::format("the body is no JSON from byte {} on", error.byte)});
  } catch (const nlohmann::json::exception&) {
    return std::unexpected(BodyFault{BodyFault::kNotJson, "the body has a number out of range"});
  }
}

BodyReader::BodyReader(const nlohmann::json& object, std::string_view where)
    : object_(object), where_(where) {
  if (!object_.is_object()) fail(BodyFault::kNotJson, "must be an object");
}

const nlohmann::json* BodyReader::find(const char* name) const {
  if (fault_) return nullptr;
  const auto field = object_.find(name);
  return field == object_.end() || field->is_null() ? nullptr : &*field;
}

void BodyReader::fail(int code, std::string_view text) {
  if (!fault_) fault_ = BodyFault{code, fmt::format("{}{}", where_, text)};
}

void BodyReader::fail_field(int code, const char* name, std::string_view text) {
  fail(code, fmt::format("\"{}\" {}", name, text));
}

bool BodyReader::require(const char* name) {
  if (find(name) != nullptr) return true;
  fail_field(BodyFault::kMissing, name, "is missing");
  return false;
}

std::string BodyReader::text(const char* name, std::size_t most_bytes) {
  const nlohmann::json* field = find(name);
  if (field == nullptr) return {};
  const auto* text = field->get_ptr<const std::string*>();
  if (text == nullptr) {
    fail_field(BodyFault::kNotJson, name, "must be a string");
  } else if (text->size() > most_bytes) {
    fail_field(
        BodyFault::kTooLong, name,
        fmt::format("is longer than {} bytes, by {}", most_bytes, text->size() - most_bytes));
  }
  return fault_ ? "" : *text;
}

std::optional<bool> BodyReader::flag(const char* name) {
  const nlohmann::json* field = find(name);
  if (field == nullptr) return std::nullopt;
  if (!field->is_boolean()) {
    fail_field(BodyFault::kNotJson, name, "must be true or false");
    return std::nullopt;
  }
  return field->get<bool>();
}

std::optional<std::int64_t> BodyReader::time(const char* name) {
  constexpr std::size_t kLongest = 64;
  const std::string text = this->text(name, kLongest);
  if (text.empty()) return std::nullopt;
  auto time = net::parse_rfc3339(text);
  if (!time) time = net::parse_rfc3339(text + "Z");
  if (!time) {
    fail_field(BodyFault::kNotJson, name,
               fmt::format("must be a time like 2026-08-20T10:00:00.000Z, not \"{}\"", text));
  }
  return time == net::kNoTime ? std::nullopt : time;
}

metrics::Labels BodyReader::labels(const char* name) {
  const nlohmann::json* field = find(name);
  if (field == nullptr) return {};
  if (!field->is_object()) {
    fail_field(BodyFault::kNotJson, name, "must be an object");
    return {};
  }
  metrics::Labels labels;
  for (const auto& [label, value] : field->items()) {
    const auto* text = value.get_ptr<const std::string*>();
    if (text == nullptr) {
      fail_field(BodyFault::kNotJson, name, "must have strings for values");
      return {};
    }
    labels.push_back({label, *text});
  }
  return labels;
}

const nlohmann::json* BodyReader::list(const char* name, std::size_t most) {
  const nlohmann::json* field = find(name);
  if (field == nullptr) return nullptr;
  if (!field->is_array()) {
    fail_field(BodyFault::kNotJson, name, "must be an array");
  } else if (field->size() > most) {
    fail_field(BodyFault::kTooMany, name,
               fmt::format("has {} entries, more than {}", field->size(), most));
  }
  return fault_ ? nullptr : field;
}

}  // namespace hitwatch::notify
