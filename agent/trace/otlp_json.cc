// The JSON encoding: as protobuf's JSON mapping, but ids in hexadecimal and enums as numbers
// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
#include <charconv>
#include <cmath>

#include "agent/trace/otlp_encode.h"
#include "agent/trace/utf8_text.h"
#include "agent/version.h"

namespace hitwatch::trace {
namespace {

class JsonBody {
 public:
  JsonBody(std::string& out, std::string& scratch) : out_(out), scratch_(scratch) {}

  void request(const Resource& resource, std::span<const Span> spans) {
    out_ += R"({"resourceSpans":[{"resource":{)";
    attributes("", resource);
    out_ += R"(},"scopeSpans":[{"scope":{"name":)";
    text(kScopeName);
    out_ += R"(,"version":)";
    text(kVersion);
    out_ += R"(},"spans":)";
    list(spans, [this](const Span& one) { span(one); });
    out_ += R"(,"schemaUrl":)";
    text(kSchemaUrl);
    out_ += R"(}],"schemaUrl":)";
    text(kSchemaUrl);
    out_ += "}]}";
  }

 private:
  void span(const Span& span) {
    out_ += '{';
    ids(span.context);
    if (span.parent.valid()) (out_ += R"(,"parentSpanId":")" + to_hex(span.parent)) += '"';
    out_ += R"(,"flags":)";
    number(flags_of(span));
    out_ += R"(,"name":)";
    text(span.name);
    out_ += R"(,"kind":)";
    number(static_cast<int>(span.kind));
    time(R"(,"startTimeUnixNano":)", span.start);
    time(R"(,"endTimeUnixNano":)", span.end);
    attributes(",", span.attributes);
    if (!span.events.empty()) {
      out_ += R"(,"events":)";
      list(span.events, [this](const Event& one) { event(one); });
    }
    if (!span.links.empty()) {
      out_ += R"(,"links":)";
      list(span.links, [this](const Link& one) { link(one); });
    }
    if (span.status != Status::kUnset) status(span);
    out_ += '}';
  }

  void status(const Span& span) {
    out_ += R"(,"status":{"code":)";
    number(static_cast<int>(span.status));
    if (!span.status_message.empty()) {
      out_ += R"(,"message":)";
      text(span.status_message);
    }
    out_ += '}';
  }

  void event(const Event& event) {
    time(R"({"timeUnixNano":)", event.time);
    out_ += R"(,"name":)";
    text(event.name);
    attributes(",", event.attributes);
    out_ += '}';
  }

  void link(const Link& link) {
    out_ += '{';
    ids(link.to);
    out_ += R"(,"flags":)";
    number(flags_of(link));
    attributes(",", link.attributes);
    out_ += '}';
  }

  void ids(const Context& context) {
    out_ += R"("traceId":")" + to_hex(context.trace);
    out_ += R"(","spanId":")" + to_hex(context.span);
    out_ += '"';
  }

  template <typename Attributes>
  void attributes(std::string_view before, const Attributes& attributes) {
    if (attributes.empty()) return;
    out_ += before;
    out_ += R"("attributes":)";
    list(attributes, [this](const auto& attribute) {
      const auto& [key, value] = attribute;
      out_ += R"({"key":)";
      text(key);
      out_ += R"(,"value":)";
      any_value(value);
      out_ += '}';
    });
  }

  void any_value(const Value& value) {
    std::visit([this](const auto& held) { held_value(held); }, value);
    out_ += '}';
  }
  void held_value(const std::string& held) {
    out_ += R"({"stringValue":)";
    text(held);
  }
  void held_value(bool held) {
    out_ += R"({"boolValue":)";
    out_ += held ? "true" : "false";
  }
  void held_value(std::int64_t held) {
    out_ += R"({"intValue":")";
    number(held);
    out_ += '"';
  }
  void held_value(double held) {
    out_ += R"({"doubleValue":)";
    if (std::isnan(held)) {
      out_ += R"("NaN")";
    } else if (std::isinf(held)) {
      out_ += held > 0 ? R"("Infinity")" : R"("-Infinity")";
    } else {
      number(held);
    }
  }
  void held_value(const std::vector<std::string>& held) {
    out_ += R"({"arrayValue":{"values":)";
    list(held, [this](const std::string& one) {
      held_value(one);
      out_ += '}';
    });
    out_ += '}';
  }

  template <typename List, typename Write>
  void list(const List& elements, Write write) {
    out_ += '[';
    bool first = true;
    for (const auto& element : elements) {
      if (!first) out_ += ',';
      first = false;
      write(element);
    }
    out_ += ']';
  }

  void time(std::string_view key, Time time) {
    out_ += key;
    out_ += '"';
    number(unix_nanoseconds(time));
    out_ += '"';
  }

  template <typename Number>
  void number(Number value) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    out_.append(digits, end.ptr);
  }

  void text(std::string_view value) {
    out_ += '"';
    std::string_view rest = utf8_text(value, kLongestText, scratch_);
    while (!rest.empty()) {
      std::size_t plain = 0;
      while (plain < rest.size() && is_plain(rest[plain])) ++plain;
      out_ += rest.substr(0, plain);
      if (plain == rest.size()) break;
      escape(rest[plain]);
      rest.remove_prefix(plain + 1);
    }
    out_ += '"';
  }
  static bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\';
  }
  void escape(char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
      return;
    }
    out_ += R"(\u00)";
    out_ += kHex[static_cast<unsigned char>(c) >> 4U];
    out_ += kHex[static_cast<unsigned char>(c) & 15U];
  }

  std::string& out_;
  std::string& scratch_;
};

}  // namespace

void write_json(std::string& out, const Resource& resource, std::span<const Span> spans,
                std::string& scratch) {
  out.clear();
  JsonBody(out, scratch).request(resource, spans);
}

}  // namespace hitwatch::trace
