// JSON as Go's encoding/json writes it: no spaces, and <, >, & and the line separators of Unicode
// escaped, so that what receivers compare byte by byte stays the same.
#pragma once

#include <string>
#include <string_view>

#include "agent/metrics/labels.h"

namespace hitwatch::notify {

// In quotes. A byte that is not UTF-8 becomes \ufffd.
void append_json(std::string& out, std::string_view text);
// An object, sorted by name.
void append_json(std::string& out, const metrics::Labels& labels);

// Writes an object to the end of a text, member by member.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  // Writes the key; the value is to be appended to what this returns.
  std::string& key(std::string_view name);
  void text(std::string_view name, std::string_view value) { append_json(key(name), value); }
  // Nothing if the value is empty.
  void text_if_any(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void boolean(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }
  void close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace hitwatch::notify
