// Whatever spans hold, the encoder writes what protobuf's own messages write.
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "agent/trace/otlp_encode.h"
#include "tests/repetitions.h"
#include "tests/trace/plain_encoding.h"

namespace hitwatch::trace {
namespace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;

class RandomSpans {
 public:
  Span span() {
    Span span{.context = context(),
              .name = text(),
              .kind = static_cast<Kind>(1 + random_() % 3),
              .start = time(),
              .end = time(),
              .attributes = attributes()};
    if (random_() % 2 == 0) span.parent = new_span_id();
    while (random_() % 3 == 0) {
      span.events.push_back({.time = time(), .name = text(), .attributes = attributes()});
    }
    while (random_() % 3 == 0) span.links.push_back({.to = context(), .attributes = attributes()});
    span.status = static_cast<Status>(random_() % 3);
    span.status_message = text();
    return span;
  }
  std::vector<Span> spans() {
    std::vector<Span> spans(random_() % 6);
    std::ranges::generate(spans, [this] { return span(); });
    return spans;
  }
  Resource resource() {
    Resource resource;
    while (random_() % 4 != 0) resource.emplace_back(text(), value());
    return resource;
  }

 private:
  Context context() { return {new_trace_id(), new_span_id(), random_() % 2 == 0}; }
  Time time() {
    switch (random_() % 8) {
      case 0:
        return Time(std::chrono::nanoseconds(0));
      case 1:
        return Time(std::chrono::nanoseconds(-1));
      case 2:
        return Time::max();
      default:
        return Time(std::chrono::nanoseconds(1'790'000'000'000'000'000 + random_()));
    }
  }
  // Of any bytes, empty, at the bounds of what a length of one byte says, and too long.
  std::string text() {
    constexpr std::size_t kSizes[] = {0, 1, 5, 15, 127, 128, kLongestText, kLongestText + 3};
    std::string text(kSizes[random_() % 8 == 0 ? 4 + random_() % 4 : random_() % 4], '\0');
    const bool plain = random_() % 2 == 0;
    for (char& c : text) c = static_cast<char>(plain ? 'a' + random_() % 26 : random_());
    return text;
  }
  Value value() {
    switch (random_() % 6) {
      case 0:
        return random_() % 2 == 0;
      case 1:
        return static_cast<std::int64_t>(std::uint64_t{random_()} << (random_() % 33));
      case 2:
        return std::numeric_limits<std::int64_t>::min();
      case 3:
        return static_cast<double>(random_()) / 7;
      case 4: {
        std::vector<std::string> list(random_() % 3);
        std::ranges::generate(list, [this] { return text(); });
        return list;
      }
      default:
        return text();
    }
  }
  Attributes attributes() {
    constexpr std::string_view kKeys[] = {"db.system.name", "k", "", "not \xff UTF-8"};
    Attributes attributes;
    while (random_() % 4 != 0) attributes.push_back({kKeys[random_() % 4], value()});
    return attributes;
  }

  std::mt19937 random_{1};
};

TEST(EncoderRandom, WritesWhatMessagesWrite) {
  RandomSpans random;
  OtlpEncoder encoder;
  for (int i = 0; i < repetitions(3000); ++i) {
    const Resource resource = random.resource();
    const std::vector<Span> spans = random.spans();
    ExportTraceServiceRequest expected;
    fill_request(expected, resource, spans);
    ExportTraceServiceRequest read;
    ASSERT_TRUE(
        read.ParseFromString(std::string(encoder.encode(Protocol::kProtobuf, resource, spans))));
    ASSERT_EQ(read.SerializeAsString(), expected.SerializeAsString()) << "repetition " << i;
  }
}

}  // namespace
}  // namespace hitwatch::trace
