// What the analyzer makes of frames beyond what their connections say.
#include "collectors/tap/analyzer.h"

#include <gtest/gtest.h>

#include <string>

namespace hitwatch::tap {
namespace {

constexpr packets::Time kHour = 3'600'000'000'000;
// Until each of the connections was looked at.
constexpr int kFramesOfAllSweeps = 40 << 14;

// IPv4 without options: a SYN of 10.0.0.1:40000 to 10.0.0.2:6379.
std::string syn() {
  std::string bytes(40, '\0');
  bytes[0] = 0x45;
  bytes[3] = 40;
  bytes[8] = 64;
  bytes[9] = 6;
  bytes[12] = bytes[16] = 10;
  bytes[15] = 1;
  bytes[19] = 2;
  bytes[20] = static_cast<char>(40'000 >> 8);
  bytes[21] = static_cast<char>(40'000 & 0xff);
  bytes[22] = static_cast<char>(6379 >> 8);
  bytes[23] = static_cast<char>(6379 & 0xff);
  bytes[32] = 0x50;
  bytes[33] = 2;
  return bytes;
}

class AnalyzerTest : public testing::Test {
 protected:
  void take(std::string_view bytes, packets::Time time) {
    analyzer_.take({.link = packets::LinkType::kIp,
                    .bytes = bytes,
                    .wire_length = static_cast<std::uint32_t>(bytes.size()),
                    .time = time},
                   {});
  }
  void sweep_at(packets::Time time) {
    for (int i = 0; i < kFramesOfAllSweeps; ++i) take("x", time);
  }

  Analyzer analyzer_{{.ports = {6379}}, {}, nullptr};
};

TEST_F(AnalyzerTest, AClockThatIsSetBackEndsNoConnection) {
  take("x", 10 * kHour);
  take(syn(), 5 * kHour);
  sweep_at(5 * kHour + 1);
  EXPECT_EQ(analyzer_.counters().connections, 1U);
  EXPECT_EQ(analyzer_.report().last, 10 * kHour);
}

TEST_F(AnalyzerTest, OneWhoseLastPacketIsOfTheFutureIsNotSilent) {
  take(syn(), 10 * kHour);
  sweep_at(5 * kHour);
  EXPECT_EQ(analyzer_.counters().connections, 1U);
  sweep_at(12 * kHour);
  EXPECT_EQ(analyzer_.counters().connections, 0U);
}

}  // namespace
}  // namespace hitwatch::tap
