// Label matchers: `job="redis"`, `cmd=~"get|mget"`.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hitwatch::window {

// A missing label is one whose value is "". Regular expressions are RE2's, anchored at both ends; a
// dot matches a line's end, too (Prometheus 3). Copies share the compiled expression; matching is
// thread-safe.
class Matcher {
 public:
  enum class Kind : unsigned char { kEqual, kNotEqual, kMatches, kDoesNotMatch };

  // Fails with a sentence if `value` is no regular expression, or one that needs more memory than
  // is allowed (64 KiB of text, 1 MiB compiled).
  static std::expected<Matcher, std::string> make(Kind kind, std::string name, std::string value);

  Kind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  bool matches(std::string_view value) const;
  // Of a regular expression that is an alternative of literal texts (`get|mget`): these, sorted,
  // each once. The label index looks them up and tries nothing else. Empty: of any other matcher.
  std::span<const std::string> literals() const;

  bool operator==(const Matcher& other) const {
    return kind_ == other.kind_ && name_ == other.name_ && value_ == other.value_;
  }

 private:
  struct Pattern;
  Matcher() = default;
  Kind kind_ = Kind::kEqual;
  std::string name_;
  std::string value_;
  std::shared_ptr<const Pattern> pattern_;  // of the last two kinds
};

// "=", "!=", "=~", "!~"
std::string_view kind_text(Matcher::Kind kind);

}  // namespace hitwatch::window
