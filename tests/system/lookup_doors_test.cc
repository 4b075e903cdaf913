// Lookups that applications report through each door, as the exposition and the API show them.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/system/gzip.h"
#include "tests/system/harness.h"
#include "tests/system/lookup_daemon.h"
#include "tests/system/prometheus.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// Sends to sockets of the daemon.
class Sender {
 public:
  static Sender udp(int port) {
    Sender sender(AF_INET, SOCK_DGRAM);
    sender.connect_to_port(port);
    return sender;
  }
  static Sender tcp(int port) {
    Sender sender(AF_INET, SOCK_STREAM);
    sender.connect_to_port(port);
    return sender;
  }
  static Sender unixgram(const std::string& path) {
    Sender sender(AF_UNIX, SOCK_DGRAM);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    sender.connect_to(&address, sizeof address);
    return sender;
  }
  Sender(Sender&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Sender& operator=(Sender&&) = delete;
  ~Sender() {
    if (socket_ >= 0) close(socket_);
  }

  void send(std::string_view bytes) const {
    ASSERT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

 private:
  Sender(int family, int type) : socket_(socket(family, type, 0)) {}
  void connect_to_port(int port) const {
    const sockaddr_in address{.sin_family = AF_INET,
                              .sin_port = htons(static_cast<std::uint16_t>(port)),
                              .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                              .sin_zero = {}};
    connect_to(&address, sizeof address);
  }
  void connect_to(const void* address, socklen_t size) const {
    if (connect(socket_, static_cast<const sockaddr*>(address), size) != 0) {
      throw std::runtime_error("the daemon does not listen there");
    }
  }

  int socket_;
};

// One lookup of a mixture.
struct Lookup {
  std::string tenant;
  std::string type;
  std::string outcome;  // hit, miss or error
  double latency_ms;
};

// A mixture of lookups with what must come out of it.
class Mixture {
 public:
  explicit Mixture(std::string source) : source_(std::move(source)) {
    std::mt19937_64 random(31);
    std::lognormal_distribution<double> latency(-0.5, 0.9);
    const std::vector<std::string> tenants{"acme", "globex", "initech", "umbrella \"5\\\""};
    const std::vector<std::string> types{"catalog", "session"};
    const std::vector<std::string> outcomes{"hit", "hit", "hit", "miss", "error"};
    for (int i = 0; i < 500; ++i) {
      lookups_.push_back({.tenant = tenants[random() % tenants.size()],
                          .type = types[random() % types.size()],
                          .outcome = outcomes[random() % outcomes.size()],
                          .latency_ms = std::round(latency(random) * 1000) / 1000});
    }
  }

  const std::vector<Lookup>& lookups() const { return lookups_; }

  // By series: the exact lines of the exposition.
  std::map<std::string, double> expected(bool with_latency) const {
    std::map<std::string, double> values;
    for (const Lookup& lookup : lookups_) {
      std::string tenant = lookup.tenant;
      for (std::size_t at = 0; (at = tenant.find_first_of("\\\"", at)) != tenant.npos; at += 2) {
        tenant.insert(at, "\\");
      }
      const std::string series =
          R"({layer="redis",type=")" + lookup.type + R"(",tenant=")" + tenant + "\",";
      const std::string source = "source=\"" + source_ + "\"";
      values["cache_hits_total" + series + source + "}"] += lookup.outcome == "hit" ? 1 : 0;
      values["cache_misses_total" + series + source + "}"] += lookup.outcome == "miss" ? 1 : 0;
      if (lookup.outcome == "error") {
        values["cache_errors_total" + series + "operation=\"get\"," + source + "}"] += 1;
      }
      if (!with_latency) continue;
      const std::string timed = series + "operation=\"get\"," + source;
      values["cache_latency_seconds_count" + timed + "}"] += 1;
      for (const char* le : {"0.0004", "0.001", "0.0025", "0.01"}) {
        values["cache_latency_seconds_bucket" + timed + ",le=\"" + le + "\"}"] +=
            lookup.latency_ms <= std::stod(le) * 1000 + 1e-9 ? 1 : 0;
      }
    }
    return values;
  }

 private:
  std::string source_;
  std::vector<Lookup> lookups_;
};

std::string tags(const Lookup& lookup) {
  return "|#tenant:" + lookup.tenant + ",type:" + lookup.type + ",operation:get";
}

std::string statsd_lines(const Lookup& lookup) {
  return "cache." + lookup.outcome + ":1|c" + tags(lookup) +
         "\ncache.latency:" + std::to_string(lookup.latency_ms) + "|ms" + tags(lookup) + "\n";
}

json http_report(const Lookup& lookup) {
  return {{"tenant", lookup.tenant},
          {"type", lookup.type},
          {"result", lookup.outcome},
          {"operation", "get"},
          {"latency_ms", lookup.latency_ms}};
}

TEST_F(LookupDoors, UdpShowsExactTotals) {
  start();
  const Mixture mixture("statsd");
  const Sender sender = Sender::udp(port_);
  std::string packed;
  for (const Lookup& lookup : mixture.lookups()) {
    packed += statsd_lines(lookup);
    if (packed.size() < 1200) continue;
    sender.send(packed);
    packed.clear();
  }
  sender.send(packed);
  expect(mixture.expected(true));
}

TEST_F(LookupDoors, UnixDatagramsShowExactTotals) {
  start();
  const Mixture mixture("statsd");
  const Sender sender = Sender::unixgram(socket_path());
  for (const Lookup& lookup : mixture.lookups()) sender.send(statsd_lines(lookup));
  expect(mixture.expected(true));
}

TEST_F(LookupDoors, TcpShowsExactTotalsHoweverTheStreamIsCut) {
  start();
  const Mixture mixture("statsd");
  std::string stream;
  for (const Lookup& lookup : mixture.lookups()) stream += statsd_lines(lookup);
  stream.pop_back();  // the last line ends with the connection
  {
    const Sender sender = Sender::tcp(port_);
    for (std::size_t at = 0; at < stream.size(); at += 777) {
      sender.send(std::string_view(stream).substr(at, 777));
    }
  }
  expect(mixture.expected(true));
}

TEST_F(LookupDoors, HttpShowsExactTotals) {
  start();
  const Mixture mixture("http");
  std::string plain;
  std::string packed;
  for (std::size_t i = 0; i < mixture.lookups().size(); ++i) {
    (i % 2 == 0 ? plain : packed) += http_report(mixture.lookups()[i]).dump() + "\n";
  }
  const auto first = post(plain);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 200) << first->body;
  const auto second = post(gzip(packed), "application/x-ndjson",
                           {{"Authorization", "Bearer s3cret"}, {"Content-Encoding", "gzip"}});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->status, 200) << second->body;
  expect(mixture.expected(true));
}

TEST_F(LookupDoors, SampledLinesCountForThoseLeftOut) {
  start();
  const Sender sender = Sender::udp(port_);
  for (int i = 0; i < 100; ++i) sender.send("cache.hit:1|c|@0.1|#type:catalog\n");
  for (int i = 0; i < 10; ++i) sender.send("cache.miss:1|c|#type:catalog|@0.01|T1700000000");
  sender.send("cache.latency:5:5:5|ms|@0.25|#type:catalog");
  expect({{R"(cache_hits_total{layer="redis",type="catalog",source="statsd"})", 1000},
          {R"(cache_misses_total{layer="redis",type="catalog",source="statsd"})", 1000},
          {R"(cache_latency_seconds_count{layer="redis",type="catalog",source="statsd"})", 12}});
}

TEST_F(LookupDoors, KeysAreClassified) {
  start();
  Sender::udp(port_).send("cache.hit:1|c|#key:catalog:acme:package:7\ncache.hit:1|c|#key:odd");
  expect({{R"(cache_hits_total{layer="redis",type="catalog",tenant="acme",source="statsd"})", 1},
          {R"(cache_hits_total{layer="redis",type="unclassified",source="statsd"})", 1},
          {R"(hitwatch_lookups_unclassified_total)", 1}});
}

TEST_F(LookupDoors, ABadLineDisturbsNoOther) {
  start();
  Sender::udp(port_).send(
      "cache.hit:1|c\nnonsense\ncache.hit:NaN|c\ncache.latency:-1|ms\ncache.hit:1|c|@0\n"
      "cache.hit:1|g\ncache.hit:1|x\n_e{1,1}:a|b\nother.name:1|c\ncache.hit:1|c");
  expect({{R"(cache_hits_total{layer="redis",source="statsd"})", 2},
          {R"(hitwatch_statsd_lines_total)", 10},
          {R"(hitwatch_statsd_lines_ignored_total)", 2},
          {R"(hitwatch_statsd_lines_rejected_total{reason="malformed"})", 1},
          {R"(hitwatch_statsd_lines_rejected_total{reason="value"})", 1},
          {R"(hitwatch_statsd_lines_rejected_total{reason="negative"})", 1},
          {R"(hitwatch_statsd_lines_rejected_total{reason="rate"})", 1},
          {R"(hitwatch_statsd_lines_rejected_total{reason="wrong_type"})", 1},
          {R"(hitwatch_statsd_lines_rejected_total{reason="type"})", 1}});
}

TEST_F(LookupDoors, TheExpositionStaysValidWhateverTheTags) {
  start();
  std::string every;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '\n' && byte != '|' && byte != ',') every += static_cast<char>(byte);
  }
  for (std::size_t at = 0; at < every.size(); at += 20) {
    Sender::udp(port_).send("cache.hit:1|c|#type:all,tenant:" + every.substr(at, 20));
  }
  ASSERT_TRUE(daemon_->shows("cache_hits_total{"));
  ASSERT_TRUE(eventually(
      [&] { return sample(daemon_->metrics(), "hitwatch_statsd_lines_total").value_or(0) >= 13; }));
  const std::string file = dir_.write("metrics.txt", daemon_->metrics());
  const Finished check = run_to_end({"sh", "-c", "promtool check metrics < " + file});
  EXPECT_THAT(check.output, Not(HasSubstr("error while linting")));
  EXPECT_THAT(check.output, Not(HasSubstr("cache_")));
}

TEST_F(LookupDoors, AFaultyBodyNamesTheLineAndCountsNothing) {
  start();
  const auto answer = post("{\"result\":\"hit\"}\n{\"result\":\"hut\"}\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 400);
  EXPECT_EQ(json::parse(answer->body)["line"], 2) << answer->body;
  EXPECT_EQ(sample(daemon_->metrics(), R"(cache_hits_total{layer="redis",source="http"})"),
            std::nullopt);
}

TEST_F(LookupDoors, HttpWantsTheToken) {
  start();
  for (const httplib::Headers& headers :
       {httplib::Headers{}, httplib::Headers{{"Authorization", "Bearer wrong"}}}) {
    const auto answer = post("{\"result\":\"hit\"}", "application/json", headers);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 401);
  }
}

TEST_F(LookupDoors, CountersSurviveAReload) {
  start();
  Sender::udp(port_).send("cache.hit:5|c|#type:a,tenant:t");
  const std::string series =
      R"(cache_hits_total{layer="redis",type="a",tenant="t",source="statsd"})";
  expect({{series, 5}});
  daemon_->process().signal(SIGHUP);
  ASSERT_TRUE(eventually([&] {
    return daemon_->process().output().find("configuration loaded") != std::string::npos;
  }));
  Sender::udp(port_).send("cache.hit:2|c|#type:a,tenant:t");
  expect({{series, 7}});
}

// An application that tells its statistics.
class TellingApplication {
 public:
  explicit TellingApplication(int port) {
    server_.Get("/health/cache", [this](const httplib::Request&, httplib::Response& response) {
      const json body{{"connected", true}, {"hits", hits.load()}, {"misses", misses.load()}};
      response.set_content(body.dump(), "application/json");
    });
    thread_ = std::thread([this, port] { server_.listen("127.0.0.1", port); });
    eventually([this] { return server_.is_running(); });
  }
  ~TellingApplication() {
    server_.stop();
    thread_.join();
  }
  std::atomic<int> hits{2456};
  std::atomic<int> misses{189};

 private:
  httplib::Server server_;
  std::thread thread_;
};

TEST_F(LookupDoors, StatsEndpointsShowExactTotalsAndRestarts) {
  const int port = free_port();
  TellingApplication application(port);
  start("  stats_endpoints: [{url: \"http://127.0.0.1:" + std::to_string(port) +
        "/health/cache\", hits: /hits, misses: /misses, interval: 1s, labels: {type: catalog}}]\n");
  const std::string hits =
      R"(cache_hits_total{layer="redis",type="catalog",source="stats_endpoint"})";
  const std::string misses =
      R"(cache_misses_total{layer="redis",type="catalog",source="stats_endpoint"})";
  expect({{hits, 2456}, {misses, 189}});
  application.hits = 2500;
  application.misses = 190;
  expect({{hits, 2500}, {misses, 190}});
  application.hits = 10;  // it was restarted
  application.misses = 3;
  expect({{hits, 2510}, {misses, 193}});
}

TEST_F(LookupDoors, TheApiShowsTheLastMinutes) {
  start();
  const Sender sender = Sender::udp(port_);
  for (int i = 0; i < 100; ++i) {
    sender.send(std::string(i < 90 ? "cache.hit" : "cache.miss") +
                ":1|c|#tenant:acme,type:catalog\ncache.latency:2|ms|#tenant:acme,type:catalog\n"
                "cache.miss:1|c|#tenant:globex,type:session\n");
  }
  json rows;
  ASSERT_TRUE(eventually([&] {
    const json body = json::parse(daemon_->get("/api/v1/tenants?sort=miss_ratio").body);
    rows = body["data"]["rows"];
    return rows.size() == 2 && rows[1]["windows"]["1m"]["lookups"] == 100;
  })) << rows;
  EXPECT_EQ(rows[0]["tenant"], "globex");
  EXPECT_EQ(rows[0]["windows"]["5m"]["hit_ratio"], 0);
  EXPECT_EQ(rows[0]["windows"]["5m"]["p99_seconds"], nullptr);
  const json& acme = rows[1]["windows"]["15m"];
  EXPECT_EQ(acme["hits"], 90);
  EXPECT_DOUBLE_EQ(acme["hit_ratio"], 0.9);
  EXPECT_NEAR(acme["hit_ratio_low"].get<double>(), 0.8256, 0.0001);
  EXPECT_NEAR(acme["p99_seconds"].get<double>(), 0.002, 0.0002);
  const json one =
      json::parse(daemon_->get("/api/v1/tenants?type=cat*&limit=5&window=1m&order=asc").body);
  EXPECT_EQ(one["data"]["rows"].size(), 1U);
  EXPECT_EQ(one["data"]["total_rows"], 1);
}

TEST_F(LookupDoors, TheApiSaysWhatWouldBeRight) {
  start();
  const std::pair<const char*, const char*> faults[] = {
      {"sort=best", "sort must be one of misses, miss_ratio"},
      {"window=2m", "window must be one of 1m, 5m, 15m"},
      {"limit=0", "limit must be a whole number from 1 to 10000"},
      {"order=up", "order must be asc or desc"},
      {"source=udp", "source must be one of statsd, http"},
      {"min_lookups=-1", "min_lookups must be a number, 0 or more"},
      {"colour=red", "unknown parameter 'colour'"},
      {"%ff=1", "unknown parameter '\xEF\xBF\xBD'"}};
  for (const auto& [query, text] : faults) {
    const HttpResponse answer = daemon_->get(std::string("/api/v1/tenants?") + query);
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(json::parse(answer.body)["error"].get<std::string>(), HasSubstr(text));
  }
}

// A scrape reads what the doors count while the daemon ends.
TEST_F(LookupDoors, ScrapesUntilTheEndDisturbNothing) {
  start();
  std::atomic<bool> ended = false;
  std::thread scraper([&] {
    while (!ended) static_cast<void>(daemon_->get("/metrics"));
  });
  for (int i = 0; i < 50; ++i) Sender::udp(port_).send("cache.hit:1|c");
  daemon_->process().signal(SIGTERM);
  EXPECT_EQ(daemon_->process().wait(), 0) << daemon_->process().output();
  ended = true;
  scraper.join();
}

TEST(LookupDefaults, AnAddressInUseIsNoReasonNotToStart) {
  const Hitwatch first({"run", "redis://127.0.0.1:" + std::to_string(free_port())});
  const Hitwatch second({"run", "redis://127.0.0.1:" + std::to_string(free_port())});
  EXPECT_EQ(first.get("/-/healthy").status, 200);
  EXPECT_EQ(second.get("/-/healthy").status, 200);
  EXPECT_EQ(second.post("/v1/lookups").status, 404);  // off unless enabled
}

TEST(LookupDefaults, AnAddressThatWasAskedForMustBeHad) {
  const TempDir dir;
  const int port = free_port();
  const std::string file =
      dir.write("hitwatch.yaml",
                "apps: {statsd: {listen: [\"tcp://127.0.0.1:" + std::to_string(port) + "\"]}}\n");
  const Hitwatch first({"run", "--config", file});
  const Finished second =
      run_to_end({hitwatch_binary(), "run", "--config", file, "--web.listen-address",
                  "127.0.0.1:" + std::to_string(free_port())});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.output, HasSubstr("tcp://127.0.0.1:" + std::to_string(port)));
}

// Four kinds of latency, sent, scraped and asked for as users do.
class PercentileTest : public LookupDoors {
 protected:
  using Draw = std::function<double(std::mt19937_64&)>;  // milliseconds

  static const std::map<std::string, Draw>& kinds() {
    static const std::map<std::string, Draw> by_name = {
        {"lognormal", std::lognormal_distribution<double>(std::log(0.6), 0.7)},
        {"exponential", std::exponential_distribution<double>(1 / 2.5)},
        {"uniform", std::uniform_real_distribution<double>(0.2, 18)},
        {"two_humps",
         [](std::mt19937_64& random) {
           const bool slow = std::bernoulli_distribution(0.04)(random);
           return std::lognormal_distribution<double>(std::log(slow ? 40 : 0.4), 0.35)(random);
         }},
    };
    return by_name;
  }

  // Sends them all; gives the values of each in milliseconds, ascending.
  std::map<std::string, std::vector<double>> send_all() const {
    constexpr std::size_t kCount = 50'000;
    std::map<std::string, std::vector<double>> sent;
    const Sender sender = Sender::tcp(port_);
    for (const auto& [kind, draw] : kinds()) {
      std::mt19937_64 random(5);
      Draw drawn = draw;
      std::vector<double> values;
      std::string lines;
      for (std::size_t i = 0; i < kCount; ++i) {
        values.push_back(std::round(drawn(random) * 1e6) / 1e6);
        lines += "cache.latency:" + std::to_string(values.back()) + "|ms|#type:" + kind + "\n";
      }
      for (std::size_t at = 0; at < lines.size(); at += 60'000) {
        sender.send(std::string_view(lines).substr(at, 60'000));
      }
      std::ranges::sort(values);
      sent[kind] = std::move(values);
    }
    return sent;
  }
};

TEST_F(PercentileTest, PrometheusReadsP99WithinOnePercentFromFineBuckets) {
  start("  latency_buckets: fine\n");
  const auto sent = send_all();
  const Prometheus prometheus(
      "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs: [{job_name: redis, "
      "honor_labels: true, static_configs: [{targets: [\"127.0.0.1:" +
      std::to_string(daemon_->port()) + "\"]}]}]\n");
  for (const auto& [kind, values] : sent) {
    const std::string series = "cache_latency_seconds_bucket{type=\"" + kind + "\"}";
    ASSERT_TRUE(eventually([&] { return prometheus.value("max(" + series + ")") == 50'000; }))
        << prometheus.process().output();
    const auto read = prometheus.value("histogram_quantile(0.99, sum by (le) (" + series + "))");
    const double p99 = values[values.size() * 99 / 100] / 1000;
    EXPECT_NEAR(read.value_or(0) / p99, 1, 0.01) << kind;
  }
}

// "p99 above 10 ms" must not depend on interpolation.
TEST_F(PercentileTest, TheDefaultBucketsDecideExactlyAtTenMilliseconds) {
  start();
  const auto slow_ones = [](const std::vector<double>& values) {
    return std::ranges::count_if(values, [](double ms) { return ms > 10; });
  };
  for (const auto& [kind, values] : send_all()) {
    const std::string series = "{layer=\"redis\",type=\"" + kind + "\",source=\"statsd\"";
    expect({{"cache_latency_seconds_count" + series + "}", values.size()},
            {"cache_latency_seconds_bucket" + series + ",le=\"0.01\"}",
             values.size() - slow_ones(values)}});
  }
}

}  // namespace
}  // namespace hitwatch::test
