#include "agent/net/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace hitwatch::net {
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

}  // namespace
}  // namespace hitwatch::net
