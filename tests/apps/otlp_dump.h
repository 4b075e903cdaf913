// What a request says, as text: once as our reader tells it, once as protobuf's own code does,
// which is the judge.
#pragma once

#include <string>
#include <string_view>

#include "collectors/apps/otlp_request.h"
#include "tests/apps/otlp_messages.h"

namespace hitwatch::apps {

class OtlpDump final : public OtlpSink {
 public:
  void take_producer(const OtlpProducer& producer) override;
  OtlpWanted take_metric(const OtlpMetric& metric) override;
  void take_point(const OtlpMetric& metric, const OtlpPoint& point) override;

  const std::string& text() const { return text_; }
  // Whether there was a map or bytes, which our cut of the messages leaves out, or more than is
  // kept.
  bool has_strange_values() const { return has_strange_values_; }

 private:
  void add(const std::vector<OtlpAttribute>& attributes);

  std::string text_;
  bool has_strange_values_ = false;
};

std::string dump(const OtlpRequest& request);

// Whether a body can be read, without reading its points.
bool passes_check(std::string_view body);

// A request in OTLP/JSON, as the specification writes it.
std::string to_otlp_json(const OtlpRequest& request);

}  // namespace hitwatch::apps
