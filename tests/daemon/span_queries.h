// What tests ask of spans.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/trace/span.h"
#include "agent/trace/span_queue.h"
#include "agent/trace/tracer.h"

namespace hitwatch::test {

// The value of an attribute as text; "(none)" if there is none.
inline std::string attribute(const trace::Attributes& attributes, std::string_view key) {
  const auto found = std::ranges::find(attributes, key, &trace::Attribute::key);
  if (found == attributes.end()) return "(none)";
  struct Text {
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return std::to_string(value); }
    std::string operator()(const std::vector<std::string>& list) const {
      return std::to_string(list.size()) + " texts";
    }
  };
  return std::visit(Text(), found->value);
}
inline std::string attribute(const trace::Span& span, std::string_view key) {
  return attribute(span.attributes, key);
}

inline std::vector<std::string> names_of(const std::vector<trace::Span>& spans) {
  std::vector<std::string> names;
  for (const trace::Span& span : spans) names.push_back(span.name);
  return names;
}

// A tracer whose spans the test takes.
class TakenSpans {
 public:
  explicit TakenSpans(trace::SamplerSettings sampler = {.healthy_polls = 0}) { sample(sampler); }
  // From now on.
  void sample(trace::SamplerSettings sampler) {
    trace::Settings settings;
    settings.endpoint = "http://127.0.0.1:4318/v1/traces";
    settings.sampler = sampler;
    tracer.configure(settings);
  }
  std::vector<trace::Span> take() { return queue_.take(100'000, std::size_t{1} << 30); }

 private:
  trace::SpanQueue queue_;

 public:
  trace::Tracer tracer{queue_};
};

}  // namespace hitwatch::test
