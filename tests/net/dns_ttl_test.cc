// What is read of a name server's answers, the strange ones included.
#include "agent/net/dns_ttl.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/net/scripted_dns.h"

namespace hitwatch::net {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kAlias = 5;
constexpr std::uint16_t kText = 16;
constexpr std::uint16_t kAaaa = 28;

const std::string kAddress("\x0a\x00\x00\x01", 4);
const std::string kLongAddress(16, '\x20');

std::string query(const std::string& name, std::uint16_t type) {
  std::string out("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  out += dns_name(name);
  out += std::string{'\0', static_cast<char>(type), '\0', '\1'};
  return out;
}

std::optional<std::chrono::seconds> ttl_of(const std::string& message) {
  return shortest_ttl({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
}
std::optional<std::chrono::seconds> ttl_of(const std::vector<DnsRecord>& records, int code = 0) {
  return ttl_of(dns_answer(query("redis.example", kA), records, code));
}

TEST(DnsTtl, IsTheShortestOfAddressesAndAliases) {
  EXPECT_EQ(ttl_of({{kA, 60, kAddress}}), 60s);
  EXPECT_EQ(ttl_of({{kA, 60, kAddress}, {kA, 20, kAddress}, {kA, 40, kAddress}}), 20s);
  EXPECT_EQ(ttl_of({{kAlias, 5, dns_name("primary.example")}, {kA, 60, kAddress}}), 5s);
  EXPECT_EQ(ttl_of({{kAaaa, 90, kLongAddress}}), 90s);
}

TEST(DnsTtl, OfOtherRecordsDoesNotCount) {
  EXPECT_EQ(ttl_of({{kText, 1, std::string("\1x", 2)}, {kA, 60, kAddress}}), 60s);
  EXPECT_EQ(ttl_of({{kText, 1, std::string("\1x", 2)}}), std::nullopt);
}

TEST(DnsTtl, IsNoneWithoutAnAddress) {
  EXPECT_EQ(ttl_of(std::vector<DnsRecord>()), std::nullopt);
  EXPECT_EQ(ttl_of({{kAlias, 5, dns_name("nowhere.example")}}), std::nullopt);
  EXPECT_EQ(ttl_of({{kA, 60, kAddress}}, 3), std::nullopt) << "there is no such name";
}

TEST(DnsTtl, OfMoreThanThirtyOneBitsIsNone) {
  EXPECT_EQ(ttl_of({{kA, 0x7fffffff, kAddress}}), 2147483647s);
  EXPECT_EQ(ttl_of({{kA, 0x80000000, kAddress}}), 0s);
}

TEST(DnsTtl, IsNotReadOfWhatIsNoAnswer) {
  EXPECT_EQ(ttl_of(""), std::nullopt);
  EXPECT_EQ(ttl_of("HTTP/1.1 400 Bad Request\r\n\r\n"), std::nullopt);
  EXPECT_EQ(ttl_of(query("redis.example", kA)), std::nullopt);
}

TEST(DnsTtl, OfAnAnswerThatIsCutIsThatOfWhatIsThere) {
  const std::string whole =
      dns_answer(query("redis.example", kA), {{kA, 60, kAddress}, {kA, 20, kAddress}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto ttl = ttl_of(whole.substr(0, size));
    EXPECT_TRUE(!ttl || *ttl == 60s || *ttl == 20s) << size;
  }
}

TEST(DnsTtl, IsReadOfNoiseWithoutHarm) {
  std::mt19937 random(1);
  const std::string whole = dns_answer(
      query("redis.example", kA), {{kAlias, 5, dns_name("primary.example")}, {kA, 60, kAddress}});
  for (int i = 0; i < 20'000; ++i) {
    std::string noise = whole;
    for (int changes = 0; changes <= i % 4; ++changes) {
      noise[random() % noise.size()] = static_cast<char>(random());
    }
    const auto ttl = ttl_of(noise);
    EXPECT_TRUE(!ttl || (*ttl >= 0s && *ttl <= 2147483647s));
  }
}

TEST(DnsTtl, IsAskedOfANameServer) {
  const ScriptedDns server([](const std::string& question) {
    return dns_answer(question, {{kAlias, 5, dns_name("primary.example")}, {kA, 60, kAddress}});
  });
  EXPECT_EQ(ask_ttl("redis.example.", &server.address()), 5s);
  EXPECT_EQ(server.questions(), 1);
}

TEST(DnsTtl, OfANameWithLongAddressesOnlyIsAskedForThose) {
  const ScriptedDns server([](const std::string& question) {
    if (dns_question_type(question) != kAaaa) return dns_answer(question, {});
    return dns_answer(question, {{kAaaa, 7, kLongAddress}});
  });
  EXPECT_EQ(ask_ttl("redis.example.", &server.address()), 7s);
}

TEST(DnsTtl, OfANameThatDnsDoesNotKnowIsNone) {
  const ScriptedDns server([](const std::string& question) { return dns_answer(question, {}, 3); });
  EXPECT_EQ(ask_ttl("redis.example.", &server.address()), std::nullopt);
}

}  // namespace
}  // namespace hitwatch::net
