// Applications' own statistics, as they are answered and as they are not.
#include "collectors/apps/stats_endpoints.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include "tests/net/scripted_peer.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::apps {
namespace {

using namespace std::chrono_literals;
using net::Reason;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

StatsEndpoint endpoint(const std::string& url = "http://127.0.0.1/") {
  StatsEndpoint made;
  made.url = url;
  made.hits = "/hits";
  made.misses = "/misses";
  made.interval = 100ms;  // the deadline of a poll as well
  made.tenant = "acme";
  made.type = "catalog";
  return made;
}

std::string totals_fault(const std::string& body, const std::string& hits = "/hits") {
  StatsEndpoint made = endpoint();
  made.hits = hits;
  const auto totals = read_totals(body, made);
  if (totals) return "none";
  EXPECT_EQ(totals.error().reason, Reason::kProtocol);
  return totals.error().text;
}

TEST(StatsTotals, AreFoundByTheirPointers) {
  const std::string body =
      R"({"connected":true,"hits":2456,"misses":189,"keys":234,"hitRate":"92.85%",)"
      R"("local":{"a/b":[{"hits":7.0}]}})";
  const auto totals = read_totals(body, endpoint());
  ASSERT_TRUE(totals) << totals.error().text;
  EXPECT_EQ(totals->hits, 2456);
  EXPECT_EQ(totals->misses, 189);
  StatsEndpoint nested = endpoint();
  nested.hits = "/local/a~1b/0/hits";
  EXPECT_EQ(read_totals(body, nested)->hits, 7);
}

TEST(StatsTotals, MayBeZeroAndUpTo2To53) {
  EXPECT_EQ(totals_fault(R"({"hits":0,"misses":9007199254740992})"), "none");
  EXPECT_EQ(totals_fault(R"({"hits":0,"misses":9007199254740994})"), "/misses is above 2^53");
  EXPECT_EQ(totals_fault(R"({"hits":0,"misses":18446744073709551615})"), "/misses is above 2^53");
}

TEST(StatsTotals, MustBeThere) {
  EXPECT_EQ(totals_fault(R"({"hit":1,"misses":2})"), "there is no /hits in the answer");
  EXPECT_EQ(totals_fault(R"({"hits":1})"), "there is no /misses in the answer");
  for (const std::string pointer : {"/list/2", "/list/-", "/list/01", "/list/x", "/hits/x",
                                    "/list/99999999999999999999", "/a~2b"}) {
    EXPECT_EQ(totals_fault(R"({"hits":1,"list":[1,2],"misses":2})", pointer),
              "there is no " + pointer + " in the answer");
  }
}

TEST(StatsTotals, MustBeNumbers) {
  for (const auto& [value, kind] :
       {std::pair("\"5\"", "string"), std::pair("true", "boolean"), std::pair("null", "null"),
        std::pair("{}", "object"), std::pair("[1]", "array")}) {
    EXPECT_EQ(totals_fault(fmt::format(R"({{"hits":{},"misses":1}})", value)),
              fmt::format("/hits is not a number but {}", kind));
  }
}

TEST(StatsTotals, MustBeCounts) {
  EXPECT_EQ(totals_fault(R"({"hits":-1,"misses":1})"), "/hits is below 0");
  EXPECT_EQ(totals_fault(R"({"hits":1.5,"misses":1})"), "/hits is not a whole number");
  EXPECT_EQ(totals_fault(R"({"hits":1e999,"misses":1})"), "the answer is not JSON");
  EXPECT_EQ(totals_fault(R"({"hits":NaN,"misses":1})"), "the answer is not JSON");
}

TEST(StatsTotals, AnswersMustBeJsonWithinBounds) {
  for (const std::string body : {"", "hits 5", "{\"hits\":1,\"misses\":2", "<html>", "\xff"}) {
    EXPECT_EQ(totals_fault(body), "the answer is not JSON") << body;
  }
  EXPECT_EQ(totals_fault("[1]"), "there is no /hits in the answer");
  EXPECT_EQ(totals_fault(std::string(1'000'000, '[')), "nested deeper than 64 levels");
  EXPECT_EQ(
      totals_fault(R"({"hits":1,"misses":2,"x":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[)"
                   R"([[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})"),
      "none");
  EXPECT_THAT(totals_fault(std::string((1U << 20) + 1, ' ')), HasSubstr("larger than"));
}

// An application whose answer can be changed.
class Application {
 public:
  Application() : peer_([this](net::PeerConnection& client) { serve(client); }) {}

  void answer(int status, const std::string& body, const std::string& fields = "") {
    const std::scoped_lock lock(mutex_);
    answer_ = fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                          fields, body);
  }
  void totals(std::uint64_t hits, std::uint64_t misses) {
    answer(200, fmt::format(R"({{"hits":{},"misses":{}}})", hits, misses));
  }
  std::string url(const std::string& target = "/") const {
    return fmt::format("http://127.0.0.1:{}{}", peer_.port(), target);
  }
  std::string last_request() const {
    const std::scoped_lock lock(mutex_);
    return last_request_;
  }
  int requests() const { return peer_.connections(); }

 private:
  void serve(net::PeerConnection& client) {
    const std::string head = client.read_until("\r\n\r\n");
    std::string answer;
    {
      const std::scoped_lock lock(mutex_);
      last_request_ = head;
      answer = answer_;
    }
    if (answer.empty()) return client.wait_for_end();
    client.write(answer);
  }

  mutable std::mutex mutex_;
  std::string answer_;  // empty: none at all
  std::string last_request_;
  net::ScriptedPeer peer_;
};

class StatsEndpointsTest : public testing::Test {
 protected:
  void run_until(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << "this takes too long";
      loop.run_one_for(10ms);
    }
  }
  StatsEndpoints::State state() const { return endpoints.states().at(0); }
  // Until the first endpoint has answered so many more times, or failed. A busy machine may make a
  // poll time out, so that nothing here counts on the next one.
  void run_answers(std::uint64_t more) {
    const auto answers = [&] { return state().polls - state().failures; };
    const std::uint64_t wanted = answers() + more;
    run_until([&] { return answers() >= wanted; });
  }
  void run_failures(std::uint64_t more) {
    const std::uint64_t wanted = state().failures + more;
    run_until([&] { return state().failures >= wanted; });
  }
  void watch(std::vector<StatsEndpoint> wanted) {
    endpoints.update(std::move(wanted));
    run_until([&] { return loop.poll_one() == 0; });
  }

  // Of the tenant acme in the totals; -1 if it has no series.
  double total(const std::string& name, const std::string& tenant = "acme") {
    std::string text;
    store.write(text, metrics::Format::kText, lookups::Buckets::kClassic);
    const std::string series = fmt::format(
        "{}{{layer=\"redis\",type=\"catalog\",tenant=\"{}\",source=\"stats_endpoint\"}} ", name,
        tenant);
    const auto at = text.find(series);
    return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + series.size(), nullptr);
  }
  double hits() { return total("cache_hits_total"); }
  double misses() { return total("cache_misses_total"); }
  // In the last minute, which knows nothing of the past.
  double recent_hits() {
    const auto rows = store.recent({}, std::chrono::steady_clock::now()).rows;
    return rows.empty() ? 0 : rows[0].windows[0].hits;
  }

  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
      loop.get_executor()};
  net::Resolver resolver{loop.get_executor()};
  net::TlsContexts tls_contexts;
  lookups::Store store{{}, {}, std::chrono::steady_clock::now()};
  log::Log log{log::Level::kInfo, log::Format::kLogfmt};
  StatsEndpoints endpoints{loop.get_executor(), resolver, tls_contexts, store, log};
};

TEST_F(StatsEndpointsTest, TheFirstAnswerIsPastAndGrowthIsNow) {
  Application application;
  application.totals(100, 10);
  watch({endpoint(application.url())});
  run_answers(2);
  EXPECT_EQ(hits(), 100);
  EXPECT_EQ(misses(), 10);
  EXPECT_EQ(recent_hits(), 0);
  application.totals(105, 11);
  run_answers(2);
  EXPECT_EQ(hits(), 105);
  EXPECT_EQ(misses(), 11);
  EXPECT_EQ(recent_hits(), 5);
}

TEST_F(StatsEndpointsTest, ANumberThatFellIsARestart) {
  Application application;
  application.totals(100, 10);
  watch({endpoint(application.url())});
  run_answers(1);
  application.totals(4, 2);
  run_answers(2);
  EXPECT_EQ(hits(), 104);
  EXPECT_EQ(misses(), 12);
}

TEST_F(StatsEndpointsTest, EitherNumberTellsARestart) {
  Application application;
  application.totals(100, 10);
  watch({endpoint(application.url())});
  run_answers(1);
  application.totals(150, 3);
  run_answers(2);
  EXPECT_EQ(hits(), 250) << "these 150 are not 50 more";
  EXPECT_EQ(misses(), 13);
}

TEST_F(StatsEndpointsTest, HugeGrowthIsCountedWhole) {
  Application application;
  application.totals(0, 0);
  watch({endpoint(application.url())});
  run_answers(1);
  application.totals(9'007'199'254'740'992, 0);
  run_answers(2);
  EXPECT_EQ(hits(), 9'007'199'254'740'992);
}

TEST_F(StatsEndpointsTest, AFailureCountsNothingAndTheNextAnswerGoesOn) {
  Application application;
  application.totals(100, 10);
  watch({endpoint(application.url())});
  run_answers(1);
  application.answer(500, "");
  run_until([&] { return state().error.text == "answered 500, not 200"; });
  EXPECT_FALSE(state().up);
  application.totals(107, 10);
  run_answers(2);
  EXPECT_TRUE(state().up);
  EXPECT_EQ(state().error.reason, Reason::kNone);
  EXPECT_GE(state().failures, 1U);
  EXPECT_EQ(hits(), 107);
}

TEST_F(StatsEndpointsTest, SaysWhyThereAreNoTotals) {
  struct Case {
    int status;
    std::string body;
    std::string fields;
    Reason reason;
    std::string text;
  };
  const std::string html = "Content-Type: text/HTML; charset=utf-8\r\n";
  for (const Case& c : std::vector<Case>{
           {404, "{}", "", Reason::kError, "answered 404, not 200"},
           {204, "", "", Reason::kError, "answered 204, not 200"},
           {302, "", "Location: /login\r\n", Reason::kError,
            "answered 302, a redirect; give the URL that it leads to"},
           {401, "", "", Reason::kAuth, "answered 401: the token is missing or wrong"},
           {200, "<!doctype html>", html, Reason::kProtocol, "answered text/html, not JSON"},
           {200, "{}", "", Reason::kProtocol, "there is no /hits in the answer"},
           {200, std::string((1U << 20) + 1, ' '), "", Reason::kProtocol,
            "the body of the answer is larger than 1048576 bytes"}}) {
    Application application;
    application.answer(c.status, c.body, c.fields);
    watch({endpoint(application.url())});
    run_until([&] { return state().polls > 0 && state().error.reason != Reason::kTimeout; });
    EXPECT_FALSE(state().up);
    EXPECT_EQ(state().error.reason, c.reason) << c.text;
    EXPECT_EQ(state().error.text, c.text);
  }
}

TEST_F(StatsEndpointsTest, AnApplicationThatHangsIsLeftAtTheInterval) {
  Application application;
  watch({endpoint(application.url())});
  run_failures(2);
  EXPECT_EQ(state().error.reason, Reason::kTimeout);
}

TEST_F(StatsEndpointsTest, SendsItsTokenAsItIsNow) {
  const web::TemporaryFolder folder;
  Application application;
  application.totals(1, 1);
  StatsEndpoint wanted = endpoint(application.url("/stats?full=1"));
  wanted.token.file = folder.write("token", "first\n");
  watch({wanted});
  run_answers(1);
  EXPECT_THAT(application.last_request(), HasSubstr("GET /stats?full=1 "));
  EXPECT_THAT(application.last_request(), HasSubstr("Authorization: Bearer first\r\n"));
  folder.write("token", "second\n");
  run_answers(2);
  EXPECT_THAT(application.last_request(), HasSubstr("Authorization: Bearer second\r\n"));
  std::filesystem::remove(folder.path("token"));
  run_until([&] { return state().error.reason == Reason::kSecret; });
}

TEST_F(StatsEndpointsTest, AnEndpointThatComesBackIsRemembered) {
  Application application;
  application.totals(100, 10);
  watch({endpoint(application.url())});
  run_answers(1);
  watch({});
  EXPECT_THAT(endpoints.states(), SizeIs(0));
  application.totals(103, 10);
  watch({endpoint(application.url())});
  run_answers(1);
  EXPECT_EQ(hits(), 103);
}

TEST_F(StatsEndpointsTest, AnEndpointThatStaysKeepsItsStateUnderOtherLabels) {
  Application application;
  application.totals(100, 10);
  watch({endpoint(application.url())});
  run_answers(1);
  StatsEndpoint renamed = endpoint(application.url());
  renamed.tenant = "globex";
  watch({renamed});
  EXPECT_GE(state().polls, 1U);
  application.totals(101, 10);
  run_answers(2);
  EXPECT_EQ(hits(), 100);
  EXPECT_EQ(total("cache_hits_total", "globex"), 1);
}

TEST_F(StatsEndpointsTest, OneThatHangsHoldsUpNoOther) {
  Application hanging;
  Application answering;
  answering.totals(1, 1);
  StatsEndpoint slow = endpoint(hanging.url());
  slow.interval = 20s;
  watch({slow, endpoint(answering.url())});
  run_until([&] { return endpoints.states()[1].polls >= 3; });
  EXPECT_EQ(endpoints.states()[0].polls, 0U);
  EXPECT_EQ(hanging.requests(), 1) << "one request at a time";
}

TEST_F(StatsEndpointsTest, NothingIsPolledAfterTheEnd) {
  Application application;
  application.totals(100, 10);
  watch({endpoint(application.url())});
  run_answers(1);
  endpoints.stop();
  guard.reset();
  loop.run();  // ends: no timer is left
  const int requests = application.requests();
  endpoints.update({endpoint(application.url())});
  loop.restart();
  loop.run();
  EXPECT_EQ(application.requests(), requests);
}

TEST_F(StatsEndpointsTest, ChangesAreLoggedOnceAndWithoutSecrets) {
  testing::internal::CaptureStderr();
  Application application;
  application.answer(503, "");
  StatsEndpoint wanted = endpoint(application.url("/stats?key=hunter2"));
  wanted.token.literal = "hunter3";
  wanted.interval = 500ms;
  watch({wanted});
  run_failures(2);
  application.totals(1, 1);
  run_answers(2);
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 2) << lines;
  EXPECT_THAT(lines, HasSubstr("answered 503, not 200"));
  EXPECT_THAT(lines, HasSubstr("answers again"));
  EXPECT_THAT(lines, HasSubstr("/stats"));
  EXPECT_THAT(lines, Not(HasSubstr("hunter")));
  EXPECT_EQ(state().url, application.url("/stats"));
}

}  // namespace
}  // namespace hitwatch::apps
