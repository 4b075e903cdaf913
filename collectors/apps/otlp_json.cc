// The streaming parser's events are translated as they come: a field of a message is written when
// its value is known, and the size of a message, which stands before it, when it ends. Sizes have
// four bytes, more than most need, so that nothing has to be moved for them.
#include "collectors/apps/otlp_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

#include "collectors/apps/otlp_wire.h"

namespace hitwatch::apps {
namespace {

constexpr std::size_t kMostOtlpNesting = 64;
constexpr std::size_t kSizeBytes = 4;
constexpr std::size_t kMostMessage = (1U << 28U) - 1;  // what fits into these

enum class Shape : std::uint8_t {
  kRequest,
  kResourceMetrics,
  kResource,
  kScopeMetrics,
  kScope,
  kMetric,
  kPoints,
  kSum,
  kNumberPoint,
  kHistogramPoint,
  kExponentialPoint,
  kExponentialBuckets,
  kSummaryPoint,
  kExemplar,
  kKeyValue,
  kValue,
  kValues,
  kKeyValues,
  kHistogram,
  kExponential,
  kSummary,
};

enum class JsonType : std::uint8_t {
  kMessage,
  kText,
  kHex,
  kBool,
  kDouble,
  kFixed64,   // unsigned
  kSfixed64,  // signed
  kUint64,    // as a varint
  kUint32,
  kInt64,
  kSint32,  // zigzag
  kTemporality,
};

struct JsonField {
  std::string_view name;
  std::uint32_t number;
  JsonType type;
  bool is_list = false;
  Shape shape = Shape::kRequest;  // of kMessage
};

constexpr JsonField message(std::string_view name, std::uint32_t number, Shape shape) {
  return {.name = name, .number = number, .type = JsonType::kMessage, .shape = shape};
}
constexpr JsonField messages(std::string_view name, std::uint32_t number, Shape shape) {
  return {
      .name = name, .number = number, .type = JsonType::kMessage, .is_list = true, .shape = shape};
}
constexpr JsonField scalar(std::string_view name, std::uint32_t number, JsonType type) {
  return {.name = name, .number = number, .type = type};
}
constexpr JsonField scalars(std::string_view name, std::uint32_t number, JsonType type) {
  return {.name = name, .number = number, .type = type, .is_list = true};
}

constexpr std::array kRequestFields{messages("resourceMetrics", 1, Shape::kResourceMetrics)};
constexpr std::array kResourceMetricsFields{message("resource", 1, Shape::kResource),
                                            messages("scopeMetrics", 2, Shape::kScopeMetrics)};
constexpr std::array kResourceFields{messages("attributes", 1, Shape::kKeyValue)};
constexpr std::array kScopeMetricsFields{message("scope", 1, Shape::kScope),
                                         messages("metrics", 2, Shape::kMetric)};
constexpr std::array kScopeFields{scalar("name", 1, JsonType::kText),
                                  scalar("version", 2, JsonType::kText),
                                  messages("attributes", 3, Shape::kKeyValue)};
constexpr std::array kMetricFields{scalar("name", 1, JsonType::kText),
                                   scalar("unit", 3, JsonType::kText),
                                   message("gauge", 5, Shape::kPoints),
                                   message("sum", 7, Shape::kSum),
                                   message("histogram", 9, Shape::kHistogram),
                                   message("exponentialHistogram", 10, Shape::kExponential),
                                   message("summary", 11, Shape::kSummary)};
constexpr std::array kPointsFields{messages("dataPoints", 1, Shape::kNumberPoint)};
constexpr std::array kSumFields{messages("dataPoints", 1, Shape::kNumberPoint),
                                scalar("aggregationTemporality", 2, JsonType::kTemporality),
                                scalar("isMonotonic", 3, JsonType::kBool)};
constexpr std::array kHistogramFields{messages("dataPoints", 1, Shape::kHistogramPoint),
                                      scalar("aggregationTemporality", 2, JsonType::kTemporality)};
constexpr std::array kExponentialFields{
    messages("dataPoints", 1, Shape::kExponentialPoint),
    scalar("aggregationTemporality", 2, JsonType::kTemporality)};
constexpr std::array kSummaryFields{messages("dataPoints", 1, Shape::kSummaryPoint)};
constexpr std::array kNumberPointFields{scalar("startTimeUnixNano", 2, JsonType::kFixed64),
                                        scalar("timeUnixNano", 3, JsonType::kFixed64),
                                        scalar("asDouble", 4, JsonType::kDouble),
                                        scalar("asInt", 6, JsonType::kSfixed64),
                                        messages("attributes", 7, Shape::kKeyValue),
                                        scalar("flags", 8, JsonType::kUint32),
                                        messages("exemplars", 5, Shape::kExemplar)};
constexpr std::array kHistogramPointFields{scalar("startTimeUnixNano", 2, JsonType::kFixed64),
                                           scalar("timeUnixNano", 3, JsonType::kFixed64),
                                           scalar("count", 4, JsonType::kFixed64),
                                           scalar("sum", 5, JsonType::kDouble),
                                           scalars("bucketCounts", 6, JsonType::kFixed64),
                                           scalars("explicitBounds", 7, JsonType::kDouble),
                                           messages("exemplars", 8, Shape::kExemplar),
                                           messages("attributes", 9, Shape::kKeyValue),
                                           scalar("flags", 10, JsonType::kUint32),
                                           scalar("min", 11, JsonType::kDouble),
                                           scalar("max", 12, JsonType::kDouble)};
constexpr std::array kExponentialPointFields{messages("attributes", 1, Shape::kKeyValue),
                                             scalar("startTimeUnixNano", 2, JsonType::kFixed64),
                                             scalar("timeUnixNano", 3, JsonType::kFixed64),
                                             scalar("count", 4, JsonType::kFixed64),
                                             scalar("sum", 5, JsonType::kDouble),
                                             scalar("scale", 6, JsonType::kSint32),
                                             scalar("zeroCount", 7, JsonType::kFixed64),
                                             message("positive", 8, Shape::kExponentialBuckets),
                                             message("negative", 9, Shape::kExponentialBuckets),
                                             scalar("flags", 10, JsonType::kUint32),
                                             messages("exemplars", 11, Shape::kExemplar),
                                             scalar("min", 12, JsonType::kDouble),
                                             scalar("max", 13, JsonType::kDouble),
                                             scalar("zeroThreshold", 14, JsonType::kDouble)};
constexpr std::array kExponentialBucketsFields{scalar("offset", 1, JsonType::kSint32),
                                               scalars("bucketCounts", 2, JsonType::kUint64)};
constexpr std::array kSummaryPointFields{scalar("timeUnixNano", 3, JsonType::kFixed64)};
constexpr std::array kExemplarFields{scalar("timeUnixNano", 2, JsonType::kFixed64),
                                     scalar("asDouble", 3, JsonType::kDouble),
                                     scalar("spanId", 4, JsonType::kHex),
                                     scalar("traceId", 5, JsonType::kHex),
                                     scalar("asInt", 6, JsonType::kSfixed64),
                                     messages("filteredAttributes", 7, Shape::kKeyValue)};
constexpr std::array kKeyValueFields{scalar("key", 1, JsonType::kText),
                                     message("value", 2, Shape::kValue)};
// Bytes come in Base64, which tells one from another as well as the bytes would.
constexpr std::array kValueFields{
    scalar("stringValue", 1, JsonType::kText), scalar("boolValue", 2, JsonType::kBool),
    scalar("intValue", 3, JsonType::kInt64),   scalar("doubleValue", 4, JsonType::kDouble),
    message("arrayValue", 5, Shape::kValues),  message("kvlistValue", 6, Shape::kKeyValues),
    scalar("bytesValue", 7, JsonType::kText)};
constexpr std::array kValuesFields{messages("values", 1, Shape::kValue)};
constexpr std::array kKeyValuesFields{messages("values", 1, Shape::kKeyValue)};

std::span<const JsonField> fields_of(Shape shape) {
  switch (shape) {
    case Shape::kRequest:
      return kRequestFields;
    case Shape::kResourceMetrics:
      return kResourceMetricsFields;
    case Shape::kResource:
      return kResourceFields;
    case Shape::kScopeMetrics:
      return kScopeMetricsFields;
    case Shape::kScope:
      return kScopeFields;
    case Shape::kMetric:
      return kMetricFields;
    case Shape::kPoints:
      return kPointsFields;
    case Shape::kSum:
      return kSumFields;
    case Shape::kNumberPoint:
      return kNumberPointFields;
    case Shape::kHistogramPoint:
      return kHistogramPointFields;
    case Shape::kExponentialPoint:
      return kExponentialPointFields;
    case Shape::kExponentialBuckets:
      return kExponentialBucketsFields;
    case Shape::kSummaryPoint:
      return kSummaryPointFields;
    case Shape::kExemplar:
      return kExemplarFields;
    case Shape::kKeyValue:
      return kKeyValueFields;
    case Shape::kValue:
      return kValueFields;
    case Shape::kValues:
      return kValuesFields;
    case Shape::kKeyValues:
      return kKeyValuesFields;
    case Shape::kHistogram:
      return kHistogramFields;
    case Shape::kExponential:
      return kExponentialFields;
    case Shape::kSummary:
      return kSummaryFields;
  }
  return {};
}

constexpr std::array<std::string_view, 3> kTemporalities{"AGGREGATION_TEMPORALITY_UNSPECIFIED",
                                                         "AGGREGATION_TEMPORALITY_DELTA",
                                                         "AGGREGATION_TEMPORALITY_CUMULATIVE"};

std::string_view wanted_of(JsonType type) {
  switch (type) {
    case JsonType::kMessage:
      return "an object";
    case JsonType::kText:
      return "a string";
    case JsonType::kHex:
      return "a string of hex digits";
    case JsonType::kBool:
      return "true or false";
    case JsonType::kDouble:
      return "a number";
    case JsonType::kTemporality:
      return "1 (delta) or 2 (cumulative)";
    case JsonType::kFixed64:
    case JsonType::kUint64:
      return "a whole number from 0, below 2^64";
    case JsonType::kUint32:
      return "a whole number from 0, below 2^32";
    case JsonType::kSfixed64:
    case JsonType::kInt64:
      return "a whole number of 64 bits";
    case JsonType::kSint32:
      return "a whole number of 32 bits";
  }
  return "something else";
}

// The parser's own words, without what it read.
std::string json_fault(std::string_view what) {
  const std::size_t begin = what.find("syntax error");
  if (begin == std::string_view::npos) return "not JSON: a number is out of range";
  what.remove_prefix(begin);
  return fmt::format("not JSON: {}", what.substr(0, what.find("; last read")));
}

bool append_unhexed(std::string& out, std::string_view hex) {
  if (hex.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    unsigned char byte = 0;
    const char* end = hex.data() + i + 2;
    if (std::from_chars(hex.data() + i, end, byte, 16).ptr != end) return false;
    out += static_cast<char>(byte);
  }
  return true;
}

// Numbers as they may come: each of the parser's types, and text.
struct JsonNumber {
  enum class Kind : std::uint8_t { kUnsigned, kNegative, kFloat } kind;
  std::uint64_t bits;  // of an integer
  double real;
};

template <typename T>
bool parses(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool parse_json_number(std::string_view text, JsonNumber& out) {
  std::uint64_t whole = 0;
  if (parses(text, whole)) {
    out = {JsonNumber::Kind::kUnsigned, whole, static_cast<double>(whole)};
    return true;
  }
  std::int64_t negative = 0;
  if (parses(text, negative)) {
    out = {JsonNumber::Kind::kNegative, static_cast<std::uint64_t>(negative),
           static_cast<double>(negative)};
    return true;
  }
  double real = 0;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") {
    real = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity" || text == "-Infinity") {
    real = text.front() == '-' ? -kInfinity : kInfinity;
  } else if (text.find_first_not_of("0123456789+-.eE") != text.npos || !parses(text, real)) {
    return false;
  }
  out = {JsonNumber::Kind::kFloat, 0, real};
  return true;
}

// A float that is whole is an integer, as 1e3.
void make_whole(JsonNumber& number) {
  constexpr double kMost = 0x1p63;
  if (number.kind != JsonNumber::Kind::kFloat || number.real != std::floor(number.real) ||
      std::fabs(number.real) >= kMost) {
    return;
  }
  number.kind = number.real < 0 ? JsonNumber::Kind::kNegative : JsonNumber::Kind::kUnsigned;
  number.bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(number.real));
}

// What the parser calls; false ends it. `fault` is then set.
class OtlpTranslator {
 public:
  explicit OtlpTranslator(std::string& out) : out_(out) {}

  const std::string& fault() const { return fault_; }

  bool null() { return frames_.empty() ? refuse("must be an object, not null") : true; }
  bool boolean(bool value);
  bool number_integer(std::int64_t value) {
    return take({JsonNumber::Kind::kNegative, static_cast<std::uint64_t>(value),
                 static_cast<double>(value)});
  }
  bool number_unsigned(std::uint64_t value) {
    return take({JsonNumber::Kind::kUnsigned, value, static_cast<double>(value)});
  }
  bool number_float(double value, const std::string&) {
    return take({JsonNumber::Kind::kFloat, 0, value});
  }
  bool binary(nlohmann::json::binary_t&) { return refuse("not JSON: bytes"); }
  bool string(std::string& text);
  bool start_object(std::size_t);
  bool key(std::string& name);
  bool end_object();
  bool start_array(std::size_t);
  bool end_array();
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) {
    return refuse(json_fault(error.what()));
  }

 private:
  struct Frame {
    std::span<const JsonField> fields;
    const JsonField* field = nullptr;  // whose value comes; null: it is skipped
    std::size_t next = 0;              // where in `fields` the next one is likely to be
    bool in_list = false;
    std::size_t begin = 0;  // in `out_`, behind the size
  };
  enum class Place : std::uint8_t { kValue, kSkipped, kFault };

  bool refuse(std::string text) {
    fault_ = std::move(text);
    return false;
  }
  bool wrong() {
    const JsonField& field = *frames_.back().field;
    if (field.is_list && !frames_.back().in_list) {
      return refuse(fmt::format("{} must be a list", field.name));
    }
    return refuse(fmt::format("{} must be {}", field.name, wanted_of(field.type)));
  }
  Place place();
  bool take(JsonNumber number);
  bool write(const JsonField& field, JsonNumber number);

  std::string& out_;
  std::vector<Frame> frames_;
  std::size_t skipping_ = 0;  // open objects and lists of what is skipped
  std::string fault_;
};

// Whether a value that is no object is wanted here.
OtlpTranslator::Place OtlpTranslator::place() {
  if (skipping_ > 0) return Place::kSkipped;
  if (frames_.empty()) {
    refuse("must be an object like {\"resourceMetrics\": []}");
    return Place::kFault;
  }
  const Frame& frame = frames_.back();
  if (frame.field == nullptr) return Place::kSkipped;
  if (frame.field->type == JsonType::kMessage || frame.field->is_list != frame.in_list) {
    wrong();
    return Place::kFault;
  }
  return Place::kValue;
}

bool OtlpTranslator::boolean(bool value) {
  const Place here = place();
  if (here != Place::kValue) return here == Place::kSkipped;
  const JsonField& field = *frames_.back().field;
  if (field.type != JsonType::kBool) return wrong();
  append_wire_varint(out_, field.number, value ? 1 : 0);
  return true;
}

bool OtlpTranslator::take(JsonNumber number) {
  const Place here = place();
  if (here != Place::kValue) return here == Place::kSkipped;
  return write(*frames_.back().field, number) || wrong();
}

bool OtlpTranslator::write(const JsonField& field, JsonNumber number) {
  using Kind = JsonNumber::Kind;
  if (field.type == JsonType::kDouble) {
    append_wire_fixed64(out_, field.number, std::bit_cast<std::uint64_t>(number.real));
    return true;
  }
  make_whole(number);
  if (number.kind == Kind::kFloat) return false;
  const bool is_signed = field.type == JsonType::kSfixed64 || field.type == JsonType::kInt64 ||
                         field.type == JsonType::kSint32;
  if (number.kind == Kind::kNegative && !is_signed) return false;
  if (number.kind == Kind::kUnsigned && is_signed && number.bits > INT64_MAX) return false;
  const auto value = static_cast<std::int64_t>(number.bits);
  switch (field.type) {
    case JsonType::kFixed64:
    case JsonType::kSfixed64:
      append_wire_fixed64(out_, field.number, number.bits);
      return true;
    case JsonType::kUint32:
      if (number.bits > UINT32_MAX) return false;
      [[fallthrough]];
    case JsonType::kUint64:
    case JsonType::kInt64:
      append_wire_varint(out_, field.number, number.bits);
      return true;
    case JsonType::kSint32:
      if (value < INT32_MIN || value > INT32_MAX) return false;
      append_wire_varint(out_, field.number, to_zigzag(value));
      return true;
    case JsonType::kTemporality:
      if (number.bits >= kTemporalities.size()) return false;
      append_wire_varint(out_, field.number, number.bits);
      return true;
    default:
      return false;
  }
}

bool OtlpTranslator::string(std::string& text) {
  const Place here = place();
  if (here != Place::kValue) return here == Place::kSkipped;
  const JsonField& field = *frames_.back().field;
  if (field.type == JsonType::kText) {
    append_wire_bytes(out_, field.number, text);
    return true;
  }
  if (field.type == JsonType::kHex) {
    std::string bytes;
    if (!append_unhexed(bytes, text)) return wrong();
    append_wire_bytes(out_, field.number, bytes);
    return true;
  }
  if (field.type == JsonType::kTemporality) {
    const auto known = std::ranges::find(kTemporalities, text);
    if (known == kTemporalities.end()) return wrong();
    append_wire_varint(out_, field.number,
                       static_cast<std::uint64_t>(known - kTemporalities.begin()));
    return true;
  }
  JsonNumber number{};
  if (field.type == JsonType::kBool || !parse_json_number(text, number)) return wrong();
  return write(field, number) || wrong();
}

bool OtlpTranslator::start_object(std::size_t) {
  if (skipping_ > 0 || (!frames_.empty() && frames_.back().field == nullptr)) {
    ++skipping_;
    return true;
  }
  if (frames_.empty()) {
    frames_.push_back({.fields = fields_of(Shape::kRequest), .begin = 0});
    return true;
  }
  const JsonField& field = *frames_.back().field;
  if (field.type != JsonType::kMessage || field.is_list != frames_.back().in_list) return wrong();
  if (frames_.size() >= kMostOtlpNesting) return refuse("values within values, too deep");
  append_varint(out_, wire_tag(field.number, WireType::kBytes));
  out_.append(kSizeBytes, '\0');
  frames_.push_back({.fields = fields_of(field.shape), .begin = out_.size()});
  return true;
}

bool OtlpTranslator::key(std::string& name) {
  if (skipping_ > 0) return true;
  Frame& frame = frames_.back();
  frame.field = nullptr;
  // Senders keep to an order, so the next field is likely the one behind the last.
  for (std::size_t i = 0; i < frame.fields.size(); ++i) {
    const std::size_t at = (frame.next + i) % frame.fields.size();
    if (frame.fields[at].name != name) continue;
    frame.field = &frame.fields[at];
    frame.next = at + 1;
    break;
  }
  return true;
}

bool OtlpTranslator::end_object() {
  if (skipping_ > 0) {
    --skipping_;
    return true;
  }
  const std::size_t begin = frames_.back().begin;
  frames_.pop_back();
  if (frames_.empty()) return true;
  const std::size_t size = out_.size() - begin;
  if (size > kMostMessage) return refuse("too large");
  for (std::size_t i = 0; i < kSizeBytes; ++i) {
    const std::size_t bits = (size >> (7 * i)) & 0x7F;
    out_[begin - kSizeBytes + i] = static_cast<char>(i + 1 < kSizeBytes ? bits | 0x80 : bits);
  }
  return true;
}

bool OtlpTranslator::start_array(std::size_t) {
  if (skipping_ > 0 || (!frames_.empty() && frames_.back().field == nullptr)) {
    ++skipping_;
    return true;
  }
  if (frames_.empty()) return refuse("must be an object, not a list");
  if (!frames_.back().field->is_list || frames_.back().in_list) {
    return refuse(fmt::format("{} must be {}", frames_.back().field->name,
                              wanted_of(frames_.back().field->type)));
  }
  frames_.back().in_list = true;
  return true;
}

bool OtlpTranslator::end_array() {
  if (skipping_ > 0) {
    --skipping_;
    return true;
  }
  frames_.back().in_list = false;
  return true;
}

}  // namespace

std::expected<std::string, std::string> otlp_from_json(std::string_view body) {
  std::string out;
  OtlpTranslator translator(out);
  if (nlohmann::json::sax_parse(body.data(), body.data() + body.size(), &translator)) return out;
  return std::unexpected(translator.fault());
}

}  // namespace hitwatch::apps
