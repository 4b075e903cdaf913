#include "collectors/apps/otlp_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

#include "collectors/apps/otlp_wire.h"

namespace hitwatch::apps {
namespace {

constexpr std::uint32_t otlp_bytes(std::uint32_t field) {
  return wire_tag(field, WireType::kBytes);
}
constexpr std::uint32_t otlp_fixed(std::uint32_t field) {
  return wire_tag(field, WireType::kFixed64);
}
constexpr std::uint32_t otlp_varint(std::uint32_t field) {
  return wire_tag(field, WireType::kVarint);
}

bool read_any_value(std::string_view bytes, OtlpValue& value) {
  using Kind = OtlpValue::Kind;
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    switch (field.tag) {
      case otlp_bytes(1):
        value = {.kind = Kind::kText, .bytes = field.bytes};
        break;
      case otlp_varint(2):
        value = {.kind = Kind::kBool, .bits = field.number != 0 ? 1U : 0U};
        break;
      case otlp_varint(3):
        value = {.kind = Kind::kInt, .bits = field.number};
        break;
      case otlp_fixed(4):
        value = {.kind = Kind::kDouble, .bits = field.number};
        break;
      case otlp_bytes(5):  // a list
      case otlp_bytes(6):  // a map
      case otlp_bytes(7):
        value = {.kind = Kind::kOther, .bytes = field.bytes, .bits = field.tag};
        break;
      default:
        break;
    }
  }
  return !reader.has_failed();
}

bool is_message(std::string_view bytes) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
  }
  return !reader.has_failed();
}

bool is_attribute(std::string_view bytes) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == otlp_bytes(2) && !is_message(field.bytes)) return false;
  }
  return !reader.has_failed();
}

bool read_exemplar(std::string_view bytes, std::vector<OtlpExemplar>& exemplars) {
  if (exemplars.size() >= kMaxOtlpExemplars) return is_message(bytes);
  OtlpExemplar exemplar;
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    switch (field.tag) {
      case otlp_fixed(2):
        exemplar.time = field.number;
        break;
      case otlp_fixed(3):
        exemplar.value = field.as_double();
        break;
      case otlp_bytes(4):
        exemplar.span_id = field.bytes;
        break;
      case otlp_bytes(5):
        exemplar.trace_id = field.bytes;
        break;
      case otlp_fixed(6):
        exemplar.value = static_cast<double>(static_cast<std::int64_t>(field.number));
        break;
      default:
        break;
    }
  }
  exemplars.push_back(exemplar);
  return !reader.has_failed();
}

// A list of which only the first are kept.
template <typename T>
void keep_some(std::vector<T>& list, std::size_t& count, T value) {
  if (count++ < kMaxOtlpBuckets) list.push_back(value);
}

bool read_fixed_counts(std::string_view packed, OtlpPoint& point) {
  return for_each_fixed64(
      packed, [&](std::uint64_t number) { keep_some(point.buckets, point.bucket_count, number); });
}

bool read_bounds(std::string_view packed, OtlpPoint& point) {
  return for_each_fixed64(packed, [&](std::uint64_t bits) {
    keep_some(point.bounds, point.bound_count, std::bit_cast<double>(bits));
  });
}

bool read_packed_counts(std::string_view packed, OtlpPoint& point) {
  // A byte is at most one count.
  if (point.buckets.size() + packed.size() > kMaxOtlpBuckets) {
    return for_each_varint(packed, [&](std::uint64_t number) {
      keep_some(point.buckets, point.bucket_count, number);
    });
  }
  const std::size_t before = point.buckets.size();
  point.buckets.resize(before + packed.size());
  std::uint64_t* to = point.buckets.data() + before;
  const bool is_whole = for_each_varint(packed, [&to](std::uint64_t number) { *to++ = number; });
  const auto count = static_cast<std::size_t>(to - point.buckets.data());
  point.buckets.resize(count);
  point.bucket_count += count - before;
  return is_whole;
}

bool read_positive(std::string_view bytes, OtlpPoint& point) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == otlp_varint(1)) {
      point.offset =
          static_cast<std::int32_t>(from_zigzag(static_cast<std::uint32_t>(field.number)));
    } else if (field.tag == otlp_varint(2)) {
      keep_some(point.buckets, point.bucket_count, field.number);
    } else if (field.tag == otlp_bytes(2) && !read_packed_counts(field.bytes, point)) {
      return false;
    }
  }
  return !reader.has_failed();
}

// Of negative values one only wants to know that there are some.
bool read_negative(std::string_view bytes, OtlpPoint& point) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == otlp_varint(2)) point.has_negative = point.has_negative || field.number > 0;
    if (field.tag != otlp_bytes(2)) continue;
    const bool is_whole = for_each_varint(field.bytes, [&](std::uint64_t number) {
      point.has_negative = point.has_negative || number > 0;
    });
    if (!is_whole) return false;
  }
  return !reader.has_failed();
}

bool read_number_point(std::string_view bytes, OtlpPoint& point) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    switch (field.tag) {
      case otlp_fixed(2):
        point.start = field.number;
        break;
      case otlp_fixed(3):
        point.time = field.number;
        break;
      case otlp_fixed(4):
        point.number = field.as_double();
        break;
      case otlp_fixed(6):
        point.number = static_cast<double>(static_cast<std::int64_t>(field.number));
        break;
      case otlp_bytes(7):
        if (!read_otlp_attribute(field.bytes, point.attributes)) return false;
        break;
      case otlp_varint(8):
        point.flags = static_cast<std::uint32_t>(field.number);
        break;
      default:
        break;
    }
  }
  return !reader.has_failed();
}

bool read_histogram_point(std::string_view bytes, OtlpPoint& point) {
  WireReader reader(bytes);
  WireField field;
  bool sound = true;
  while (sound && reader.next(field)) {
    switch (field.tag) {
      case otlp_fixed(2):
        point.start = field.number;
        break;
      case otlp_fixed(3):
        point.time = field.number;
        break;
      case otlp_fixed(4):
        point.count = field.number;
        break;
      case otlp_fixed(5):
        point.sum = field.as_double();
        break;
      case otlp_bytes(6):
        sound = read_fixed_counts(field.bytes, point);
        break;
      case otlp_fixed(6):
        keep_some(point.buckets, point.bucket_count, field.number);
        break;
      case otlp_bytes(7):
        sound = read_bounds(field.bytes, point);
        break;
      case otlp_fixed(7):
        keep_some(point.bounds, point.bound_count, field.as_double());
        break;
      case otlp_bytes(8):
        sound = read_exemplar(field.bytes, point.exemplars);
        break;
      case otlp_bytes(9):
        sound = read_otlp_attribute(field.bytes, point.attributes);
        break;
      case otlp_varint(10):
        point.flags = static_cast<std::uint32_t>(field.number);
        break;
      case otlp_fixed(12):
        point.max = field.as_double();
        break;
      default:
        break;
    }
  }
  return sound && !reader.has_failed();
}

bool read_exponential_point(std::string_view bytes, OtlpPoint& point) {
  WireReader reader(bytes);
  WireField field;
  bool sound = true;
  while (sound && reader.next(field)) {
    switch (field.tag) {
      case otlp_bytes(1):
        sound = read_otlp_attribute(field.bytes, point.attributes);
        break;
      case otlp_fixed(2):
        point.start = field.number;
        break;
      case otlp_fixed(3):
        point.time = field.number;
        break;
      case otlp_fixed(4):
        point.count = field.number;
        break;
      case otlp_fixed(5):
        point.sum = field.as_double();
        break;
      case otlp_varint(6):
        point.scale =
            static_cast<std::int32_t>(from_zigzag(static_cast<std::uint32_t>(field.number)));
        break;
      case otlp_fixed(7):
        point.zero_count = field.number;
        break;
      case otlp_bytes(8):
        sound = read_positive(field.bytes, point);
        break;
      case otlp_bytes(9):
        sound = read_negative(field.bytes, point);
        break;
      case otlp_varint(10):
        point.flags = static_cast<std::uint32_t>(field.number);
        break;
      case otlp_bytes(11):
        sound = read_exemplar(field.bytes, point.exemplars);
        break;
      case otlp_fixed(13):
        point.max = field.as_double();
        break;
      case otlp_fixed(14):
        point.zero_threshold = field.as_double();
        break;
      default:
        break;
    }
  }
  return sound && !reader.has_failed();
}

// --- whether the same could be read

// Every one ends, after ten bytes at most.
bool are_varints(std::string_view packed) {
  constexpr unsigned kMore = 0x80;
  constexpr unsigned kMostMore = 9;
  unsigned run = 0;
  unsigned longest = 0;
  for (const char byte : packed) {
    run = (static_cast<unsigned char>(byte) & kMore) != 0 ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return run == 0 && longest <= kMostMore;
}

bool are_buckets(std::string_view bytes) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == otlp_bytes(2) && !are_varints(field.bytes)) return false;
  }
  return !reader.has_failed();
}

bool are_fixed64(std::string_view packed) { return packed.size() % sizeof(std::uint64_t) == 0; }

// The parts of a point that have an inside, by its kind.
bool check_part(const WireField& field, OtlpKind kind) {
  if (kind == OtlpKind::kHistogram) {
    switch (field.tag) {
      case otlp_bytes(6):
      case otlp_bytes(7):
        return are_fixed64(field.bytes);
      case otlp_bytes(8):
        return is_message(field.bytes);
      case otlp_bytes(9):
        return is_attribute(field.bytes);
      default:
        return true;
    }
  }
  if (kind == OtlpKind::kExponential) {
    switch (field.tag) {
      case otlp_bytes(1):
        return is_attribute(field.bytes);
      case otlp_bytes(8):
      case otlp_bytes(9):
        return are_buckets(field.bytes);
      case otlp_bytes(11):
        return is_message(field.bytes);
      default:
        return true;
    }
  }
  return field.tag != otlp_bytes(7) || is_attribute(field.bytes);
}

}  // namespace

// A list of which only the first are kept: of two bytes of a body each must not become fifty.
bool read_otlp_attribute(std::string_view bytes, std::vector<OtlpAttribute>& attributes) {
  if (attributes.size() > kMaxOtlpAttributes) return is_attribute(bytes);
  OtlpAttribute& attribute = attributes.emplace_back();
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (field.tag == otlp_bytes(1)) {
      attribute.key = field.bytes;
    } else if (field.tag == otlp_bytes(2) && !read_any_value(field.bytes, attribute.value)) {
      return false;
    }
  }
  return !reader.has_failed();
}

bool read_otlp_point(std::string_view bytes, OtlpKind kind, OtlpPoint& point) {
  point.clear();
  switch (kind) {
    case OtlpKind::kHistogram:
      return read_histogram_point(bytes, point);
    case OtlpKind::kExponential:
      return read_exponential_point(bytes, point);
    default:
      return read_number_point(bytes, point);
  }
}

bool check_otlp_point(std::string_view bytes, OtlpKind kind) {
  WireReader reader(bytes);
  WireField field;
  while (reader.next(field)) {
    if (!check_part(field, kind)) return false;
  }
  return !reader.has_failed();
}

void append_otlp_text(std::string& out, const OtlpValue& value) {
  switch (value.kind) {
    case OtlpValue::Kind::kText:
      out += value.bytes;
      break;
    case OtlpValue::Kind::kBool:
      out += value.bits != 0 ? "true" : "false";
      break;
    case OtlpValue::Kind::kInt:
      fmt::format_to(std::back_inserter(out), "{}", static_cast<std::int64_t>(value.bits));
      break;
    case OtlpValue::Kind::kDouble:
      fmt::format_to(std::back_inserter(out), "{}", std::bit_cast<double>(value.bits));
      break;
    case OtlpValue::Kind::kNone:
    case OtlpValue::Kind::kOther:
      break;
  }
}

void OtlpPoint::clear() {
  constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
  attributes.clear();
  start = 0;
  time = 0;
  flags = 0;
  number.reset();
  count = 0;
  sum = kAbsent;
  max = kAbsent;
  buckets.clear();
  bounds.clear();
  bucket_count = 0;
  bound_count = 0;
  scale = 0;
  offset = 0;
  zero_count = 0;
  zero_threshold = 0;
  has_negative = false;
  exemplars.clear();
}

}  // namespace hitwatch::apps
