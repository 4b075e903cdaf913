#include "collectors/topology/announced.h"

#include <gtest/gtest.h>

namespace hitwatch::topology {
namespace {

std::string address_of(std::string_view host, std::int64_t port) {
  const auto url = announced_url(host, port, false);
  return url ? url->address() : "none";
}

redis::Target reached(std::string_view host, std::int64_t port, const AddressMap& map) {
  return announced_target(announced_url(host, port, true).value(), map);
}

TEST(AnnouncedAddress, IsANameOrAnAddress) {
  EXPECT_EQ(address_of("10.0.0.1", 6379), "10.0.0.1:6379");
  EXPECT_EQ(address_of("cache-1.prod.example", 1), "cache-1.prod.example:1");
  EXPECT_EQ(address_of("2001:db8::1", 65535), "[2001:db8::1]:65535");
}

TEST(AnnouncedAddress, OfALiarIsNone) {
  for (const char* host : {"", "user@host", "host/1", "host:1", "[::1]", "a b", "h\r\n", "?", "#",
                           "host?db=1", "/run/redis.sock", "unix", ":::"}) {
    EXPECT_EQ(address_of(host, 6379), std::string(host) == "unix" ? "unix:6379" : "none") << host;
  }
  EXPECT_EQ(address_of(std::string(254, 'a'), 6379), "none");
  for (const std::int64_t port :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{65536}, std::int64_t{1} << 40}) {
    EXPECT_EQ(address_of("host", port), "none") << port;
  }
}

TEST(AnnouncedAddress, LeadsToItself) {
  const redis::Target target = reached("10.0.0.1", 7000, {{"10.0.0.1:7001", "nat:1"}});
  EXPECT_EQ(target.url.redacted(), "rediss://10.0.0.1:7000");
  EXPECT_EQ(target.alias, "");
  EXPECT_EQ(target.name(), "10.0.0.1:7000");
}

TEST(AnnouncedAddress, LeadsWhereTheMapSaysAndKeepsItsName) {
  const AddressMap map = {{"10.0.0.1:7000", "nat.example:17000"},
                          {"10.0.0.1", "other.example"},
                          {"2001:db8::1", "[::1]"},
                          {"[2001:db8::1]:7", "[::1]:8"}};
  const redis::Target target = reached("10.0.0.1", 7000, map);
  EXPECT_EQ(target.url.redacted(), "rediss://nat.example:17000");
  EXPECT_EQ(target.name(), "10.0.0.1:7000");
  EXPECT_EQ(reached("10.0.0.1", 7001, map).url.address(), "other.example:7001");
  EXPECT_EQ(reached("2001:db8::1", 6, map).url.address(), "[::1]:6");
  EXPECT_EQ(reached("2001:db8::1", 7, map).url.address(), "[::1]:8");
}

TEST(AnnouncedAddress, LeadsToItselfWhereTheMapLeadsNowhere) {
  EXPECT_EQ(reached("a", 1, {{"a", "not a host"}}).url.address(), "a:1");
  EXPECT_EQ(reached("a", 1, {{"a", "/run/redis.sock"}}).url.address(), "a:1");
}

}  // namespace
}  // namespace hitwatch::topology
