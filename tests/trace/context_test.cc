// Ids, and the header that carries them.
#include "agent/trace/context.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace hitwatch::trace {
namespace {

constexpr const char* kExample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Traceparent, IsReadAndWritten) {
  const auto context = parse_traceparent(kExample);
  ASSERT_TRUE(context);
  EXPECT_EQ(to_hex(context->trace), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(to_hex(context->span), "00f067aa0ba902b7");
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(to_traceparent(*context), kExample);
}

TEST(Traceparent, OtherFlagsThanSampledAreIgnored) {
  const std::string start = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
  for (const auto& [flags, sampled] : std::map<std::string, bool>{
           {"00", false}, {"01", true}, {"02", false}, {"03", true}, {"fe", false}, {"ff", true}}) {
    const auto context = parse_traceparent(start + flags);
    ASSERT_TRUE(context) << flags;
    EXPECT_EQ(context->sampled, sampled) << flags;
  }
}

TEST(Traceparent, OfLaterVersionsIsReadAsFarAsItIsKnown) {
  const std::string rest = "-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_TRUE(parse_traceparent("01" + rest));
  EXPECT_TRUE(parse_traceparent("cc" + rest + "-what-the-future-will-be-like"));
  EXPECT_TRUE(parse_traceparent("fe" + rest + "-"));
  EXPECT_FALSE(parse_traceparent("cc" + rest + ".what-the-future-will-not-be-like"));
  EXPECT_FALSE(parse_traceparent("ff" + rest));
}

TEST(Traceparent, IsRefusedIfItIsNone) {
  for (const std::string text : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
           "0X-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
           " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
       }) {
    EXPECT_FALSE(parse_traceparent(text)) << text;
  }
}

TEST(Ids, AreReadInEitherCaseAndWrittenInLowerCase) {
  const auto trace = parse_trace_id("4BF92F3577B34DA6A3CE929D0E0E4736");
  ASSERT_TRUE(trace);
  EXPECT_EQ(to_hex(*trace), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_FALSE(parse_trace_id("4bf92f3577b34da6a3ce929d0e0e473"));
  EXPECT_FALSE(parse_trace_id("00000000000000000000000000000000"));
  EXPECT_FALSE(parse_span_id("0000000000000000"));
  EXPECT_FALSE(parse_span_id("00f067aa0ba902b77"));
}

TEST(Ids, AreDifferentAndNeverZero) {
  std::set<std::string> traces, spans;
  for (int i = 0; i < 10'000; ++i) {
    const TraceId trace = new_trace_id();
    ASSERT_TRUE(trace.valid());
    traces.insert(to_hex(trace));
    spans.insert(to_hex(new_span_id()));
  }
  EXPECT_EQ(traces.size(), 10'000U);
  EXPECT_EQ(spans.size(), 10'000U);
}

TEST(Ids, OfTheSameTextAreTheSame) {
  EXPECT_EQ(trace_id_of("slow log entry 7"), trace_id_of("slow log entry 7"));
  EXPECT_NE(to_hex(trace_id_of("slow log entry 7")), to_hex(trace_id_of("slow log entry 8")));
  EXPECT_EQ(span_id_of("x"), span_id_of("x"));
  EXPECT_NE(to_hex(span_id_of("x")), to_hex(span_id_of("y")));
  EXPECT_TRUE(trace_id_of("").valid());
}

}  // namespace
}  // namespace hitwatch::trace
