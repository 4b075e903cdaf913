// `hitwatch exporter`, and polling on scrapes, beside polling in the background: what a scrape
// costs the server, what it shows, and by when.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// How often the server has run a command before this asks.
double calls(const RedisServer& server, const std::string& command) {
  const std::string start = "cmdstat_" + command + ":calls=";
  std::istringstream lines(server.command({"INFO", "commandstats"}));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(start)) return std::stod(line.substr(start.size()));
  }
  return 0;
}

// INFO calls by others than this test since `before`, which calls() gave with nothing between.
double polls_since(const RedisServer& server, double before) {
  return calls(server, "info") - before - 1;
}

int connect_to(int port) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("hitwatch does not accept a connection");
  }
  return client;
}

std::string all_of(int socket) {
  std::string text;
  char buffer[16384];
  for (ssize_t got = 1; got > 0;) {
    got = recv(socket, buffer, sizeof buffer, 0);
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

class ExporterModeTest : public testing::Test {
 protected:
  // The exporter, after its first poll.
  void start(std::vector<std::string> flags, const Process::Environment& environment = {}) {
    flags.insert(flags.begin(), "exporter");
    daemon_ = std::make_unique<Hitwatch>(flags, environment);
    ASSERT_TRUE(eventually([&] { return daemon_->get("/-/ready").status == 200; }));
  }
  void watch(const RedisServer& server, std::vector<std::string> flags = {}) {
    flags.push_back("--redis.addr=" + server.url());
    start(flags);
  }
  std::string scrape(const std::string& path) const { return daemon_->get(path).body; }

  TempDir dir_;
  std::unique_ptr<Hitwatch> daemon_;
};

TEST_F(ExporterModeTest, KeysThatFlagsNameAreLookedAtOffTheScrape) {
  const RedisServer server;
  server.command({"SET", "user:1", "42"});
  server.command({"SET", "user:2", "x"});
  server.command({"SET", "other", "y"});
  watch(server,
        {"--check-single-keys=user:1", "--count-keys=db0=user:*", "--check-key-groups=^([^:]+):"});
  ASSERT_TRUE(eventually([&] {
    return scrape("/metrics").find("redis_keys_count{db=\"db0\",key=\"user:*\"} 2\n") !=
           std::string::npos;
  }));
  const std::string body = scrape("/metrics");
  EXPECT_THAT(body, HasSubstr("redis_key_value{db=\"db0\",key=\"user:1\"} 42\n"));
  EXPECT_THAT(body, HasSubstr("redis_key_group_count{db=\"db0\",key_group=\"user\"} 2\n"));
  EXPECT_THAT(body, Not(HasSubstr("cache_keys")));
  EXPECT_THAT(scrape("/scrape?target=" + server.url()), HasSubstr("redis_keys_count"));
  const double scans = calls(server, "scan");
  for (int i = 0; i < 5; ++i) scrape("/metrics");
  EXPECT_EQ(calls(server, "scan"), scans) << "no scrape looks at keys";
}

TEST_F(ExporterModeTest, AScrapeThatNamesKeysIsToldWhereToNameThem) {
  const RedisServer server;
  watch(server);
  const std::string target = "/scrape?target=" + server.url();
  for (const std::string name :
       {"check-keys", "check-single-keys", "check-streams", "check-single-streams", "count-keys"}) {
    const auto refused = daemon_->get(target + "&" + name + "=db0=q");
    EXPECT_EQ(refused.status, 400) << name;
    EXPECT_THAT(refused.body, HasSubstr("keys.check")) << name;
    EXPECT_THAT(refused.body, HasSubstr("--" + name + " ")) << name;
    EXPECT_EQ(daemon_->get(target + "&" + name + "=").status, 200) << "nothing is asked for";
  }
}

TEST_F(ExporterModeTest, EveryScrapePollsOnceAndNothingElseDoes) {
  const RedisServer server;
  watch(server);
  const double before = calls(server, "info");
  for (int scrapes = 1; scrapes <= 5; ++scrapes) {
    const std::string metrics = daemon_->metrics();
    EXPECT_EQ(sample(metrics, "redis_up"), 1);
    EXPECT_EQ(sample(metrics, "redis_exporter_scrapes_total"), scrapes + 1);
  }
  for (const char* path : {"/", "/sd", "/-/ready", "/api/v1/targets", "/metrics?target=unknown"}) {
    daemon_->get(path);
  }
  EXPECT_EQ(polls_since(server, before), 5);
}

TEST_F(ExporterModeTest, AScrapeShowsWhatIsTrueNow) {
  const RedisServer server;
  watch(server);
  for (int keys = 1; keys <= 3; ++keys) {
    server.command({"SET", "key" + std::to_string(keys), "x"});
    EXPECT_EQ(sample(daemon_->metrics(), "redis_db_keys{db=\"db0\"}"), keys);
  }
}

TEST_F(ExporterModeTest, AllScrapesUseOneConnection) {
  const RedisServer server;
  watch(server);
  const auto connections = [&] {
    return sample(daemon_->metrics(), "redis_connections_received_total").value();
  };
  const double before = connections();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(connections(), before);
}

TEST_F(ExporterModeTest, ScrapesAtTheSameTimeShareAPoll) {
  RedisServer server;
  watch(server, {"--connection-timeout=1m"});
  const double before = calls(server, "info");
  server.process().signal(SIGSTOP);
  std::vector<int> scrapers;
  for (int i = 0; i < 10; ++i) {
    scrapers.push_back(connect_to(daemon_->port()));
    send_all(scrapers.back(), "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  // One thread takes requests in the order of their arrival: it has them all when it answers this.
  EXPECT_EQ(daemon_->get("/-/healthy").status, 200);
  server.process().signal(SIGCONT);
  for (const int scraper : scrapers) {
    const std::string answer = all_of(scraper);
    close(scraper);
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("\nredis_up 1\n"));
    EXPECT_THAT(answer, HasSubstr("\nredis_exporter_scrapes_total 2\n"));
  }
  EXPECT_EQ(polls_since(server, before), 1);
}

TEST_F(ExporterModeTest, TheScrapersTimeoutBoundsTheAnswer) {
  RedisServer server;
  server.command({"SET", "key", "x"});
  watch(server, {"--connection-timeout=1h"});
  ASSERT_EQ(sample(daemon_->metrics(), "redis_db_keys{db=\"db0\"}"), 1);
  server.process().signal(SIGSTOP);
  // Waits no longer than it says.
  httplib::Client scraper("127.0.0.1", daemon_->port());
  scraper.set_read_timeout(2);
  for (int i = 0; i < 2; ++i) {
    const auto answer =
        scraper.Get("/metrics", httplib::Headers{{"X-Prometheus-Scrape-Timeout-Seconds", "2"}});
    ASSERT_TRUE(answer) << "no answer in time";
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(sample(answer->body, "redis_up"), 0);
    EXPECT_EQ(sample(answer->body, "redis_exporter_last_scrape_error{err=\"timeout\"}"), 1);
    // The figures of the poll before, and how old they are.
    EXPECT_EQ(sample(answer->body, "redis_db_keys{db=\"db0\"}"), 1);
    EXPECT_GT(sample(answer->body, "redis_snapshot_age_seconds"), 0);
  }
  server.process().signal(SIGCONT);
  EXPECT_TRUE(daemon_->shows("redis_up 1"));
  EXPECT_TRUE(daemon_->shows("redis_exporter_last_scrape_error{err=\"\"} 0"));
}

TEST_F(ExporterModeTest, TheConnectionTimeoutBoundsTheAnswerOfWhoSaysNothing) {
  RedisServer server;
  watch(server, {"--connection-timeout=200ms"});
  server.process().signal(SIGSTOP);
  EXPECT_EQ(sample(daemon_->metrics(), "redis_exporter_last_scrape_error{err=\"timeout\"}"), 1);
  server.process().signal(SIGCONT);
  EXPECT_TRUE(daemon_->shows("redis_up 1"));
}

TEST_F(ExporterModeTest, ADeadServerHasNoFiguresOfThePast) {
  RedisServer server;
  watch(server);
  EXPECT_TRUE(sample(daemon_->metrics(), "redis_connected_clients"));
  server.kill();
  EXPECT_TRUE(daemon_->shows("redis_up 0"));
  EXPECT_FALSE(sample(daemon_->metrics(), "redis_connected_clients"));
}

TEST_F(ExporterModeTest, ScrapesOfOneTargetPollOnlyThatOne) {
  const RedisServer first;
  const RedisServer second;
  const std::string config =
      dir_.write("hitwatch.yaml", "targets: [{url: '" + first.url() + "', alias: a}, {url: '" +
                                      second.url() + "', alias: b}]\npoll: {mode: on_scrape}\n");
  const Hitwatch daemon({"run", "--config", config});
  ASSERT_TRUE(eventually([&] { return daemon.get("/-/ready").status == 200; }));
  const double polls_first = calls(first, "info");
  const double polls_second = calls(second, "info");
  EXPECT_EQ(sample(daemon.get("/scrape?target=a").body, "redis_up"), 1);
  EXPECT_EQ(sample(daemon.get("/metrics?target=a").body, "redis_up{instance=\"a\"}"), 1);
  EXPECT_EQ(daemon.get("/health/cache?target=a").status, 200);
  EXPECT_EQ(polls_since(first, polls_first), 3);
  EXPECT_EQ(polls_since(second, polls_second), 0);
}

TEST_F(ExporterModeTest, AScrapeOfATargetThatIsRemovedIsAnswered) {
  RedisServer server;
  const std::string poll = "web: {admin_api: true}\npoll: {mode: on_scrape, timeout: 1h}\n";
  const std::string config =
      dir_.write("hitwatch.yaml", "targets: [{url: '" + server.url() + "'}]\n" + poll);
  const Hitwatch daemon({"run", "--config", config});
  ASSERT_TRUE(eventually([&] { return daemon.get("/-/ready").status == 200; }));
  server.process().signal(SIGSTOP);
  const int scraper = connect_to(daemon.port());
  send_all(scraper, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(daemon.get("/-/healthy").status, 200);  // the scrape, sent before, is waiting now
  dir_.write("hitwatch.yaml", poll);
  EXPECT_EQ(daemon.post("/-/reload").status, 200);
  EXPECT_THAT(all_of(scraper), HasSubstr("HTTP/1.1 200"));
  close(scraper);
}

TEST_F(ExporterModeTest, AStoppedServerDelaysOthersOnlyByTheDeadline) {
  const RedisServer good;
  RedisServer stopped;
  const std::string config = dir_.write(
      "hitwatch.yaml", "targets: [{url: '" + good.url() + "', alias: good}, {url: '" +
                           stopped.url() + "', alias: stopped}]\npoll: {mode: on_scrape}\n");
  const Hitwatch daemon({"run", "--config", config});
  ASSERT_TRUE(eventually([&] { return daemon.get("/-/ready").status == 200; }));
  stopped.process().signal(SIGSTOP);
  const HttpResponse answer =
      daemon.get("/metrics", {{"X-Prometheus-Scrape-Timeout-Seconds", "0.8"}});
  EXPECT_EQ(sample(answer.body, "redis_up{instance=\"good\"}"), 1);
  EXPECT_EQ(sample(answer.body, "redis_up{instance=\"stopped\"}"), 0);
  EXPECT_LT(
      sample(answer.body, "redis_exporter_last_scrape_duration_seconds{instance=\"good\"}"),
      sample(answer.body, "redis_exporter_last_scrape_duration_seconds{instance=\"stopped\"}"));
}

class BackgroundModeTest : public ExporterModeTest {
 protected:
  void watch_rarely(const RedisServer& server) {
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
        "run", "--config",
        dir_.write("hitwatch.yaml", "targets: [{url: '" + server.url() +
                                        "'}]\npoll: {interval: 1h}\n"
                                        "keys: {sample: {enabled: false}}\n")});
    ASSERT_TRUE(daemon_->shows("redis_up 1"));
  }
};

TEST_F(BackgroundModeTest, TenScrapesCostTheServerNothing) {
  const RedisServer server;
  watch_rarely(server);
  const std::string before = server.command({"INFO", "stats"});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(sample(daemon_->metrics(), "redis_exporter_scrapes_total"), 1);
    EXPECT_EQ(daemon_->get("/scrape?target=" + server.address()).status, 200);
    EXPECT_EQ(daemon_->get("/health/cache").status, 200);
  }
  const std::string after = server.command({"INFO", "stats"});
  const auto commands = [](const std::string& info) {
    return std::stoi(info.substr(info.find("total_commands_processed:") + 25));
  };
  EXPECT_EQ(commands(after) - commands(before), 1);  // the INFO before
}

TEST_F(BackgroundModeTest, TheAgeOfWhatIsShownGrows) {
  const RedisServer server;
  watch_rarely(server);
  const auto age = [&] { return sample(daemon_->metrics(), "redis_snapshot_age_seconds"); };
  const auto first = age();
  ASSERT_TRUE(first);
  EXPECT_TRUE(eventually([&] { return age() > first; }));
}

TEST_F(BackgroundModeTest, AStoppedServerDelaysNoScrape) {
  RedisServer server;
  daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
      "run", "--config",
      dir_.write("hitwatch.yaml",
                 "targets: [{url: '" + server.url() + "'}]\npoll: {interval: 1h, timeout: 1h}\n")});
  ASSERT_TRUE(daemon_->shows("redis_up 1"));
  server.process().signal(SIGSTOP);
  EXPECT_EQ(sample(daemon_->metrics(), "redis_up"), 1);
}

TEST_F(ExporterModeTest, VariablesAreFlags) {
  const RedisServer server({"--requirepass", "right"});
  start({}, {{"REDIS_ADDR", server.url()},
             {"REDIS_PASSWORD", "right"},
             {"REDIS_EXPORTER_NAMESPACE", "cache"},
             {"REDIS_EXPORTER_WEB_TELEMETRY_PATH", "/m"},
             {"REDIS_EXPORTER_INCL_SYSTEM_METRICS", "true"},
             {"REDIS_EXPORTER_REDIS_ONLY_METRICS", "true"}});
  const std::string metrics = scrape("/m");
  EXPECT_EQ(sample(metrics, "cache_up"), 1) << metrics;
  EXPECT_TRUE(sample(metrics, "cache_total_system_memory_bytes"));
  EXPECT_THAT(metrics, Not(HasSubstr("\nredis_")));
  EXPECT_THAT(metrics, Not(HasSubstr("\nprocess_")));
  EXPECT_THAT(metrics, Not(HasSubstr("\nhitwatch_")));
}

TEST_F(ExporterModeTest, AFlagWinsOverItsVariable) {
  const RedisServer server;
  start({"-redis.addr", server.url()}, {{"REDIS_ADDR", "redis://127.0.0.1:1"}});
  EXPECT_EQ(sample(daemon_->metrics(), "redis_up"), 1);
}

TEST_F(ExporterModeTest, ServersOfThePasswordFileMayBeScraped) {
  const RedisServer first({"--requirepass", "one"});
  const RedisServer second({"--requirepass", "two"});
  const RedisServer stranger;
  start({"--redis.addr=", "--redis.password-file=" +
                              dir_.write("passwords.json", "{\"" + first.url() + "\": \"one\", \"" +
                                                               second.url() + "\": \"two\"}")});
  EXPECT_EQ(sample(scrape("/scrape?target=" + first.address()), "redis_up"), 1);
  EXPECT_EQ(sample(scrape("/scrape?target=" + second.url()), "redis_up"), 1);
  EXPECT_EQ(daemon_->get("/scrape?target=" + stranger.address()).status, 403);
}

TEST_F(ExporterModeTest, PatternsOfTheCommandLineMayBeScraped) {
  const RedisServer first({"--requirepass", "right"});
  const RedisServer second({"--requirepass", "right"});
  start({"--redis.addr=", "--redis.password=right", "--web.scrape-allow=" + first.address(),
         "--web.scrape-allow=localhost:*"});
  EXPECT_EQ(sample(scrape("/scrape?target=" + first.address()), "redis_up"), 1);
  EXPECT_EQ(sample(scrape("/scrape?target=localhost:" + std::to_string(second.port())), "redis_up"),
            1);
  EXPECT_EQ(daemon_->get("/scrape?target=" + second.address()).status, 403);
}

}  // namespace
}  // namespace hitwatch::test
