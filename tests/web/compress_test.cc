#include "agent/web/compress.h"

#include <gtest/gtest.h>

namespace hitwatch::web {
namespace {

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
