#include "agent/notify/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "rules/templates/unicode.h"

namespace hitwatch::notify {
namespace {

void append_json_escape(std::string& out, char32_t code) {
  switch (code) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(code));
  }
}

bool needs_json_escape(const templates::Rune& rune) {
  switch (rune.code) {
    case '"':
    case '\\':
    case '<':
    case '>':
    case '&':
    case 0x2028:
    case 0x2029:
      return true;
    default:
      return rune.code < ' ' || !rune.valid;
  }
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto rune = templates::first_rune(text);
    if (needs_json_escape(rune)) {
      append_json_escape(out, rune.code);
    } else {
      out += text.substr(0, rune.size);
    }
    text.remove_prefix(rune.size);
  }
  out += '"';
}

void append_json(std::string& out, const metrics::Labels& labels) {
  if (!std::ranges::is_sorted(labels, {}, &metrics::Label::name)) {
    auto sorted = labels;
    std::ranges::sort(sorted, {}, &metrics::Label::name);
    return append_json(out, sorted);
  }
  JsonObject object(out);
  for (const auto& label : labels) object.text(label.name, label.value);
  object.close();
}

std::string& JsonObject::key(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  append_json(out_, name);
  return out_ += ':';
}

}  // namespace hitwatch::notify
