// What clients send compressed.
#include "agent/web/decompress.h"

#include <gtest/gtest.h>

#include <random>

#include "agent/net/gzip.h"

namespace hitwatch::web {
namespace {

std::string gzipped(std::string_view text) { return net::Gzip().compress(text); }

TEST(Gunzip, GivesBackWhatWasCompressed) {
  std::mt19937 random(1);
  for (const std::size_t size : {0UL, 1UL, 1000UL, 65'536UL, 300'000UL}) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    EXPECT_EQ(gunzip(gzipped(text), size), text) << size;
    EXPECT_EQ(gunzip(gzipped(std::string(size, 'a')), 1U << 20), std::string(size, 'a')) << size;
  }
}

TEST(Gunzip, ABombIsLeftWhenItIsTooLarge) {
  const std::string bomb = gzipped(std::string(64U << 20, '\0'));
  EXPECT_EQ(gunzip(bomb, 1U << 20).error(), GunzipFault::kTooLarge);
}

TEST(Gunzip, TheBoundItselfIsAllowed) {
  const std::string body = gzipped(std::string(200'000, 'a'));
  EXPECT_TRUE(gunzip(body, 200'000));
  EXPECT_EQ(gunzip(body, 199'999).error(), GunzipFault::kTooLarge);
  EXPECT_EQ(gunzip(gzipped(""), 0), "");
}

TEST(Gunzip, ACutStreamIsMalformed) {
  const std::string whole = gzipped("{\"result\":\"hit\"}");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(gunzip(whole.substr(0, size), 1000).error(), GunzipFault::kMalformed) << size;
  }
}

TEST(Gunzip, AnythingAfterTheEndIsMalformed) {
  const std::string whole = gzipped("text");
  for (const std::string rest : {"x", "garbage that is long enough for a header", "\n"}) {
    EXPECT_EQ(gunzip(whole + rest, 1000).error(), GunzipFault::kMalformed) << rest;
  }
  EXPECT_EQ(gunzip(whole + std::string(8, '\0'), 1000).error(), GunzipFault::kMalformed);
}

TEST(Gunzip, MembersFollowEachOther) {
  EXPECT_EQ(gunzip(gzipped("one ") + gzipped("") + gzipped("two"), 7), "one two");
  EXPECT_EQ(gunzip(gzipped("one ") + gzipped("two"), 6).error(), GunzipFault::kTooLarge);
}

TEST(Gunzip, OtherFormatsAreMalformed) {
  const std::string zlib("\x78\x9c\x4b\x04\x00\x00\x62\x00\x62", 9);  // "a"
  for (const std::string& text : {std::string("plain text"), std::string(), zlib}) {
    EXPECT_EQ(gunzip(text, 1000).error(), GunzipFault::kMalformed);
  }
}

TEST(Gunzip, DamageNeverChangesTheText) {
  const std::string text = std::string(1000, 'a') + "b";
  const std::string whole = gzipped(text);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    // Some bits of the format mean nothing.
    EXPECT_EQ(gunzip(damaged, 1U << 20).value_or(text), text) << at;
  }
}

}  // namespace
}  // namespace hitwatch::web
