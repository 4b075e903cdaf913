// What may stand in a mapping: its keys, what each takes, what stands for one that is left out, and
// what it does. Readers are held to it (see Mapping), and references and schemas for editors are
// made from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

namespace hitwatch::yaml {

struct Schema;

// What a value may be. Those behind pointers must outlive it, as constants do.
struct Type {
  enum class Kind : std::uint8_t {
    kText,
    kBoolean,
    kDuration,
    kSize,
    kCount,
    kChoice,
    kMapping,
    kEntries,  // a mapping whose keys are the author's own
    kList,
    kEither
  };
  Kind kind = Kind::kText;
  std::string_view words = "text";  // what kind of text
  // Of durations and numbers; a `longest` of zero: none.
  std::chrono::milliseconds shortest{0};
  std::chrono::milliseconds longest{0};
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  std::span<const std::string_view> choices = {};
  const Schema* keys = nullptr;  // of a mapping
  const Type* items = nullptr;   // of a list and of entries; the first of two
  const Type* other = nullptr;   // the second of two
};

struct Key {
  std::string_view name;
  Type type;
  // What stands for it if it is left out, as one would write it; "" if nothing does, or if `about`
  // tells.
  std::string_view initial;
  std::string_view about;  // a sentence or some, in Markdown
};

struct Schema {
  std::string_view about;  // of all the keys together; "" if there is nothing to say
  std::span<const Key> keys;
  const Schema* also = nullptr;  // whose keys stand here, too
  const Type* others = nullptr;  // what stands under keys of the author's own

  const Key* find(std::string_view name) const {
    for (const Key& key : keys) {
      if (key.name == name) return &key;
    }
    return also == nullptr ? nullptr : also->find(name);
  }
};

inline constexpr Type kText = {};
inline constexpr Type kBoolean = {.kind = Type::Kind::kBoolean};
inline constexpr Type kSize = {.kind = Type::Kind::kSize};
inline constexpr Type kFile = {.words = "file"};
inline constexpr Type kUrl = {.words = "URL"};
inline constexpr Type kSecret = {.words = "secret"};
inline constexpr Type kVariable = {.words = "name of a variable"};
inline constexpr Type kTemplate = {.words = "template"};

constexpr Type text(std::string_view words) { return {.words = words}; }

constexpr Type duration(std::chrono::milliseconds shortest, std::chrono::milliseconds longest) {
  return {.kind = Type::Kind::kDuration, .shortest = shortest, .longest = longest};
}
inline constexpr Type kDuration = {.kind = Type::Kind::kDuration};

constexpr Type count(std::uint64_t least, std::uint64_t most) {
  return {.kind = Type::Kind::kCount, .least = least, .most = most};
}

constexpr Type mapping(const Schema& keys) { return {.kind = Type::Kind::kMapping, .keys = &keys}; }
constexpr Type entries(const Type& values) {
  return {.kind = Type::Kind::kEntries, .items = &values};
}
constexpr Type list(const Type& items) { return {.kind = Type::Kind::kList, .items = &items}; }
constexpr Type either(const Type& first, const Type& second) {
  return {.kind = Type::Kind::kEither, .items = &first, .other = &second};
}

// The reader's own words, in their order.
constexpr Type choice(std::span<const std::string_view> words) {
  return {.kind = Type::Kind::kChoice, .choices = words};
}

}  // namespace hitwatch::yaml
