#include "agent/net/base64.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace hitwatch::net {
namespace {

// RFC 4648, section 10, and one with every kind of character.
constexpr auto kPairs = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"", ""},
     {"f", "Zg=="},
     {"fo", "Zm8="},
     {"foo", "Zm9v"},
     {"foob", "Zm9vYg=="},
     {"fooba", "Zm9vYmE="},
     {"foobar", "Zm9vYmFy"},
     {std::string_view("\x00\xff\xfe\xfb", 4), "AP/++w=="}});

TEST(Base64, ThereAndBack) {
  for (const auto& [plain, encoded] : kPairs) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(base64_decode(encoded), plain) << encoded;
  }
}

TEST(Base64, WhatIsNotBase64IsNotDecoded) {
  for (const std::string_view text : {"Zg", "Zg=", "Zm9", "Zm9v\n", " Zg=", "Z===", "====", "Zm-v",
                                      "Zm_v", "Zg==Zg==", "Zm9vZ=g="}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
}

}  // namespace
}  // namespace hitwatch::net
