// Who is taken for a page of another site.
#include "agent/web/cross_origin.h"

#include <gtest/gtest.h>

#include <string>

namespace hitwatch::web {
namespace {

Request with_headers(const std::string& host, const std::string& origin) {
  Request request;
  request.headers = {{"Host", host}};
  if (!origin.empty()) request.headers.push_back({"origin", origin});
  return request;
}

TEST(CrossOrigin, ProgramsSendNoOrigin) {
  EXPECT_FALSE(is_cross_origin(with_headers("localhost:9121", "")));
}

TEST(CrossOrigin, OurOwnPageIsNoOther) {
  EXPECT_FALSE(is_cross_origin(with_headers("localhost:9121", "http://localhost:9121")));
  EXPECT_FALSE(is_cross_origin(with_headers("cache.example", "https://Cache.example")));
  EXPECT_FALSE(is_cross_origin(with_headers("[::1]:9121", "http://[::1]:9121")));
}

TEST(CrossOrigin, OtherHostsAndPortsAre) {
  EXPECT_TRUE(is_cross_origin(with_headers("localhost:9121", "http://localhost:3000")));
  EXPECT_TRUE(is_cross_origin(with_headers("localhost:9121", "https://elsewhere.example")));
  EXPECT_TRUE(is_cross_origin(with_headers("localhost:9121", "http://localhost:9121.example")));
  EXPECT_TRUE(is_cross_origin(with_headers("localhost:9121", "null")));
}

}  // namespace
}  // namespace hitwatch::web
