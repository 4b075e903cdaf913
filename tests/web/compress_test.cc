#include "agent/web/compress.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace hitwatch::web {
namespace {

std::string inflated(const std::string& compressed, std::size_t expected) {
  std::string text(expected + 1, '\0');
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int outcome = inflate(&stream, Z_FINISH);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return outcome == Z_STREAM_END ? text : "not a whole gzip stream";
}

std::string hard_to_compress(std::size_t size) {
  std::string text;
  unsigned state = 1;
  while (text.size() < size)
    text += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

TEST(Gzip, StreamsFollowEachOther) {
  Gzip gzip;
  for (const std::size_t size : {0UL, 1UL, 1000UL, 100'000UL, 3'000'000UL}) {
    const std::string text = hard_to_compress(size);
    EXPECT_EQ(inflated(gzip.compress(text), size), text) << size;
    const std::string easy(size, 'a');
    EXPECT_EQ(inflated(gzip.compress(easy), size), easy) << size;
  }
}

TEST(Gzip, SlicesMakeOneStream) {
  Gzip gzip;
  const std::string text = hard_to_compress(100'000);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 7000) {
    gzip.add(std::string_view(text).substr(at, 7000), at + 7000 >= text.size(), out);
  }
  EXPECT_EQ(inflated(out, text.size()), text);
}

TEST(AcceptEncoding, NamesGzip) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("GZIP"));
  EXPECT_TRUE(accepts_gzip("x-gzip"));
  EXPECT_TRUE(accepts_gzip("deflate, gzip;q=1.0, *;q=0.5"));
  EXPECT_TRUE(accepts_gzip("br,gzip ; q=0.001"));
  EXPECT_TRUE(accepts_gzip("*"));
  EXPECT_TRUE(accepts_gzip("gzip;q=0.5, identity;q=0.5"));
  EXPECT_TRUE(accepts_gzip("identity;q=0, *"));
}

TEST(AcceptEncoding, DoesNotNameGzip) {
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("identity"));
  EXPECT_FALSE(accepts_gzip("br, zstd"));
  EXPECT_FALSE(accepts_gzip("gzipped"));
}

TEST(AcceptEncoding, RefusesGzip) {
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip; q=0.000, *"));
  EXPECT_FALSE(accepts_gzip("*;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0.5, identity;q=0.8"));
}

TEST(AcceptEncoding, MalformedWeightsDoNotCount) {
  for (const char* text : {"gzip;q=", "gzip;q=2", "gzip;q=1.5", "gzip;q=0.1234", "gzip;q=-1",
                           "gzip;q=x", ";;;,,,", "gzip;q=.5"}) {
    EXPECT_FALSE(accepts_gzip(text)) << text;
  }
}

}  // namespace
}  // namespace hitwatch::web
