#include "agent/net/percent.h"

#include <gtest/gtest.h>

namespace hitwatch::net {
namespace {

TEST(Percent, EscapesBecomeTheBytesTheyMean) {
  EXPECT_EQ(percent_decode(""), "");
  EXPECT_EQ(percent_decode("a+b%20c%2F%2f"), "a+b c//");
  EXPECT_EQ(percent_decode("%c3%A9"), "é");
}

TEST(Percent, BrokenEscapesAndNulAreRefused) {
  for (const char* text : {"%", "%4", "a%", "%g0", "%0g", "%%41", "%00"}) {
    EXPECT_FALSE(percent_decode(text)) << text;
  }
}

}  // namespace
}  // namespace hitwatch::net
