// Applications whose statistics are not what they should be: the daemon says of which and why, and
// all else goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string http(const std::string& status, const std::string& body,
                 const std::string& fields = "Content-Type: application/json\r\n") {
  return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

std::string totals(const std::string& hits, const std::string& misses) {
  return http("200 OK", R"({"hits":)" + hits + R"(,"misses":)" + misses + "}");
}

// An application that answers every request with the same bytes, and then ends or waits for ever.
class FaultyApplication {
 public:
  explicit FaultyApplication(std::string answer, bool ends = true)
      : answer_(std::move(answer)), ends_(ends) {}

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port()) + "/stats";
  }
  int requests() const { return requests_; }

 private:
  void serve(int socket) {
    ++requests_;
    receive(socket);
    send_all(socket, answer_);
    if (ends_) shutdown(socket, SHUT_WR);
    char rest[4096];
    while (recv(socket, rest, sizeof rest, 0) > 0) {
    }
  }

  const std::string answer_;
  const bool ends_;
  std::atomic<int> requests_ = 0;
  ScriptedServer server_{[this](int socket) { serve(socket); }};
};

class StatsEndpointsFaults : public DaemonTest {
 protected:
  // Watches these beside one that is as it should be.
  void watch(const std::vector<const FaultyApplication*>& applications) {
    std::string list = entry(good_.url(), "good");
    for (std::size_t i = 0; i < applications.size(); ++i) {
      list += ", " + entry(applications[i]->url(), "bad" + std::to_string(i));
    }
    start("targets: [{url: '" + redis_.url() + "'}]\napps:\n  stats_endpoints: [" + list + "]");
  }
  static std::string entry(const std::string& url, const std::string& type) {
    return "{url: '" + url +
           "', hits: /hits, misses: /misses, interval: 1s, labels: {type: " + type + "}}";
  }
  bool fails(const FaultyApplication& application) const {
    return daemon_->shows("hitwatch_stats_endpoint_polls_failed_total{url=\"" + application.url() +
                          "\"} ") &&
           eventually([&] { return of("polls_failed_total", application) > 0; }) &&
           of("up", application) == 0;
  }
  double of(const std::string& what, const FaultyApplication& application) const {
    return sample(daemon_->metrics(),
                  "hitwatch_stats_endpoint_" + what + "{url=\"" + application.url() + "\"}")
        .value_or(-1);
  }
  // The line of the log that says why.
  std::string reason(const FaultyApplication& application) const {
    std::istringstream lines(daemon_->process().output());
    for (std::string line; std::getline(lines, line);) {
      if (line.find("gives no totals\" url=" + application.url()) != line.npos) return line;
    }
    return "";
  }
  void expect_all_else_goes_on() const {
    EXPECT_TRUE(daemon_->shows("redis_up 1"));
    EXPECT_TRUE(
        daemon_->shows(R"(cache_hits_total{layer="redis",type="good",source="stats_endpoint"} 7)"));
    EXPECT_EQ(of("up", good_), 1);
    EXPECT_EQ(of("polls_failed_total", good_), 0);
    const double before = of("polls_total", good_);
    EXPECT_TRUE(eventually([&] { return of("polls_total", good_) > before; }));
    EXPECT_THAT(daemon_->metrics(), Not(HasSubstr("type=\"bad")));
  }

  RedisServer redis_;
  FaultyApplication good_{totals("7", "3")};
};

TEST_F(StatsEndpointsFaults, EachIsDownForItsOwnReason) {
  const std::pair<std::string, std::string> answers[] = {
      {http("302 Found", "", "Location: http://127.0.0.1/\r\n"), "answered 302, a redirect"},
      {http("200 OK", "<p>Sign in</p>", "Content-Type: text/html\r\n"), "answered text/html"},
      {http("200 OK", "hits: 7"), "the answer is not JSON"},
      {http("200 OK", std::string(2 << 20, ' ')), "1048576"},
      {http("500 Oh", "{}"), "answered 500, not 200"},
      {http("401 No", "{}"), "the token is missing or wrong"},
      {totals("-1", "3"), "/hits is below 0"},
      {totals("7", "2.5"), "/misses is not a whole number"},
      {totals("\"7\"", "3"), "/hits is not a number but string"},
      {totals("7", "null"), "/misses is not a number but null"},
      {totals("1e300", "3"), "/hits is above 2^53"},
      {http("200 OK", R"({"hits":7})"), "there is no /misses"},
      {"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "before the end of its answer"},
  };
  std::vector<std::unique_ptr<FaultyApplication>> applications;
  std::vector<const FaultyApplication*> watched;
  for (const auto& [answer, words] : answers) {
    watched.push_back(applications.emplace_back(std::make_unique<FaultyApplication>(answer)).get());
  }
  watch(watched);
  for (std::size_t i = 0; i < watched.size(); ++i) {
    EXPECT_TRUE(fails(*watched[i])) << answers[i].first.substr(0, 100);
    EXPECT_THAT(reason(*watched[i]), HasSubstr(answers[i].second));
    EXPECT_THAT(reason(*watched[i]), HasSubstr("level=warning"));
  }
  expect_all_else_goes_on();
}

TEST_F(StatsEndpointsFaults, OneThatHangsIsLeftAndDelaysNoOther) {
  const FaultyApplication silent("", false);
  const FaultyApplication half(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"hits\":", false);
  watch({&silent, &half});
  for (const FaultyApplication* application : {&silent, &half}) {
    EXPECT_TRUE(fails(*application));
    EXPECT_THAT(reason(*application), HasSubstr("reason=timeout"));
  }
  expect_all_else_goes_on();
}

TEST_F(StatsEndpointsFaults, ARedirectIsNotFollowed) {
  const FaultyApplication elsewhere(totals("1000", "1000"));
  const FaultyApplication redirecting(
      http("307 There", totals("1000", "1000"), "Location: " + elsewhere.url() + "\r\n"));
  watch({&redirecting});
  EXPECT_TRUE(fails(redirecting));
  EXPECT_THAT(reason(redirecting), HasSubstr("give the URL that it leads to"));
  expect_all_else_goes_on();
  EXPECT_EQ(elsewhere.requests(), 0);
}

TEST_F(StatsEndpointsFaults, TotalsThatFallAreARestartAndNeverFewerLookups) {
  std::atomic<int> asked = 0;
  const ScriptedServer falling([&](int socket) {
    receive(socket);
    const bool first = asked++ == 0;
    send_all(socket, first ? totals("1000", "50") : totals("10", "60"));
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(falling.port()) + "/";
  start("targets: []\napps:\n  stats_endpoints: [" + entry(url, "falling") + "]");
  const std::string series = R"({layer="redis",type="falling",source="stats_endpoint"})";
  EXPECT_TRUE(daemon_->shows("cache_hits_total" + series + " 1010"));
  EXPECT_TRUE(daemon_->shows("cache_misses_total" + series + " 110"));
  // What stays is no growth.
  EXPECT_TRUE(eventually([&] { return asked >= 4; }));
  EXPECT_TRUE(daemon_->shows("cache_hits_total" + series + " 1010"));
  EXPECT_TRUE(daemon_->shows("hitwatch_stats_endpoint_up{url=\"" + url + "\"} 1"));
}

TEST_F(StatsEndpointsFaults, IsToldOnceWhenItBeginsAndOnceWhenItEnds) {
  std::atomic<bool> broken = true;
  const ScriptedServer mending([&](int socket) {
    receive(socket);
    send_all(socket, broken ? http("503 Busy", "") : totals("5", "6"));
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(mending.port()) + "/";
  start("targets: []\napps:\n  stats_endpoints: [" + entry(url, "mending") + "]");
  const std::string labels = "{url=\"" + url + "\"}";
  EXPECT_TRUE(eventually([&] {
    return sample(daemon_->metrics(), "hitwatch_stats_endpoint_polls_failed_total" + labels) >= 3;
  }));
  broken = false;
  EXPECT_TRUE(daemon_->shows("hitwatch_stats_endpoint_up" + labels + " 1"));
  EXPECT_TRUE(daemon_->shows(
      R"(cache_hits_total{layer="redis",type="mending",source="stats_endpoint"} 5)"));
  const std::string log = daemon_->process().output();
  EXPECT_EQ(occurrences(log, "gives no totals\" url=" + url), 1) << log;
  EXPECT_EQ(occurrences(log, "answers again\" url=" + url), 1) << log;
}

}  // namespace
}  // namespace hitwatch::test
