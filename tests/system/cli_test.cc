// What a person at a terminal, an init system or a container meets: words, exit codes, signals.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

constexpr int kSuccess = 0;
constexpr int kFailure = 1;
constexpr int kUsage = 2;

Finished hitwatch(std::vector<std::string> arguments, const Process::Environment& variables = {}) {
  arguments.insert(arguments.begin(), hitwatch_binary());
  return run_to_end(std::move(arguments), variables);
}

std::string command_line_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Holds a connection without a word until the other side closes it.
void say_nothing(int socket) {
  char buffer[4096];
  while (recv(socket, buffer, sizeof buffer, 0) > 0) {
  }
}

// A port of which the kernel ignores who wants to connect: its queue is full.
class DeafPort {
 public:
  DeafPort() {
    const int listener = open_socket();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener, generic, size) != 0 || listen(listener, 0) != 0 ||
        getsockname(listener, generic, &size) != 0) {
      throw std::runtime_error("no port to listen on");
    }
    port_ = ntohs(address.sin_port);
    // One fits, and the next ones find the queue full.
    for (int i = 0; i < 3; ++i) static_cast<void>(connect(open_socket(), generic, size));
  }
  ~DeafPort() {
    for (const int socket : sockets_) close(socket);
  }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;

  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }

 private:
  int open_socket() {
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockets_.push_back(made);
    return made;
  }

  std::vector<int> sockets_;
  int port_ = 0;
};

class CliTest : public testing::Test {
 protected:
  // A configuration whose polls may take so long that nobody would wait for one to end.
  std::string patient(const std::string& url) {
    return dir_.write("hitwatch.yaml",
                      "targets: [{url: '" + url + "'}]\npoll: {interval: 1h, timeout: 1h}\n");
  }
  static void expect_ends_well(Hitwatch& daemon, int signal) {
    daemon.process().signal(signal);
    ASSERT_TRUE(eventually([&] { return !daemon.process().running(); }))
        << daemon.process().output();
    EXPECT_EQ(daemon.process().wait(), kSuccess) << daemon.process().output();
  }

  TempDir dir_;
};

TEST_F(CliTest, WithoutArgumentsItShowsWhatThereIs) {
  const Finished finished = hitwatch({});
  EXPECT_EQ(finished.code, kUsage);
  EXPECT_TRUE(finished.output.contains("Usage: hitwatch")) << finished.output;
  EXPECT_TRUE(finished.output.contains("hitwatch run --config")) << finished.output;
}

TEST_F(CliTest, AnUnknownSubcommandShowsWhatThereIs) {
  const Finished finished = hitwatch({"rnu"});
  EXPECT_EQ(finished.code, kUsage);
  EXPECT_TRUE(finished.output.contains("rnu")) << finished.output;
  EXPECT_TRUE(finished.output.contains("Usage: hitwatch")) << finished.output;
}

TEST_F(CliTest, AnUnknownFlagIsNamed) {
  const Finished finished = hitwatch({"run", "--confg", "hitwatch.yaml"});
  EXPECT_EQ(finished.code, kUsage);
  EXPECT_TRUE(finished.output.contains("--confg")) << finished.output;
  EXPECT_TRUE(finished.output.contains("Usage: hitwatch")) << finished.output;
}

TEST_F(CliTest, AnUnexpectedUrlIsNotRepeatedWithItsPassword) {
  for (const char* url : {"redis://me:geheim@cache:6379", "me:geheim@cache:6379"}) {
    const Finished finished = hitwatch({"version", url});
    EXPECT_EQ(finished.code, kUsage);
    EXPECT_FALSE(finished.output.contains("geheim")) << finished.output;
  }
}

TEST_F(CliTest, HelpShowsExamples) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--help"}, {"run", "--help"}, {"check", "config", "--help"}, {"exporter", "--help"}}) {
    const Finished finished = hitwatch(arguments);
    EXPECT_EQ(finished.code, kSuccess) << arguments.front();
    EXPECT_TRUE(finished.output.contains("Example")) << finished.output;
    EXPECT_TRUE(finished.output.contains("hitwatch ")) << finished.output;
  }
}

TEST_F(CliTest, CheckTellsWhereSpansGo) {
  const std::string off = dir_.write("off.yaml", "targets: []\n");
  const std::string on =
      dir_.write("on.yaml", "targets: []\ntraces: {otlp: {endpoint: 'http://file:4318'}}\n");
  const Process::Environment variables = {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://variable:4318"}};
  EXPECT_FALSE(hitwatch({"check", "config", off}).output.contains("traces"));
  EXPECT_TRUE(hitwatch({"check", "config", off}, variables)
                  .output.contains("traces to http://variable:4318/v1/traces"));
  EXPECT_TRUE(hitwatch({"check", "config", on}, variables)
                  .output.contains("traces to http://file:4318/v1/traces"));
  EXPECT_TRUE(hitwatch({"check", "config", on}, {{"OTEL_SDK_DISABLED", "true"}})
                  .output.contains("no traces: the variable OTEL_SDK_DISABLED"));
  const Finished warned = hitwatch({"check", "config", on}, {{"OTEL_TRACES_SAMPLER", "some"}});
  EXPECT_EQ(warned.code, kSuccess);
  EXPECT_TRUE(warned.output.contains("warning: OTEL_TRACES_SAMPLER is ignored")) << warned.output;
}

TEST_F(CliTest, AVariableWithoutAMeaningIsWarnedOfInTheLog) {
  const std::string file =
      dir_.write("h.yaml", "targets: []\nstorage: {path: " + dir_.path("state") + "}\n");
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"run", "--config", file}, {"exporter", "--redis.addr="}}) {
    Hitwatch daemon(arguments, {{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}});
    EXPECT_TRUE(daemon.process().output().contains("OTEL_EXPORTER_OTLP_PROTOCOL is ignored: grpc"))
        << daemon.process().output();
  }
}

TEST_F(CliTest, TheFlagForSpansMustBeAUrl) {
  const Finished finished = hitwatch({"run", "--otlp", "localhost:4318"});
  EXPECT_EQ(finished.code, kFailure);
  EXPECT_TRUE(finished.output.contains("--otlp: ")) << finished.output;
}

TEST_F(CliTest, VersionNamesTheProgram) {
  const Finished finished = hitwatch({"version"});
  EXPECT_EQ(finished.code, kSuccess);
  EXPECT_TRUE(finished.output.starts_with("hitwatch ")) << finished.output;
}

TEST_F(CliTest, CheckAcceptsAValidConfiguration) {
  const std::string file = dir_.write("hitwatch.yaml", "targets: [{url: redis://cache:6379}]\n");
  const Finished finished = hitwatch({"check", "config", file});
  EXPECT_EQ(finished.code, kSuccess) << finished.output;
  EXPECT_TRUE(finished.output.contains("1 target")) << finished.output;
}

TEST_F(CliTest, CheckPrintsTheSchemaOfConfigurations) {
  const Finished finished = hitwatch({"check", "config", "--schema"});
  EXPECT_EQ(finished.code, kSuccess);
  EXPECT_TRUE(finished.output.starts_with("{\n  \"$schema\": \"http://json-schema.org/draft-07"))
      << finished.output.substr(0, 200);
  EXPECT_TRUE(hitwatch({"check", "config"}).output.contains("FILE is required"));
}

TEST_F(CliTest, CheckHealthSucceedsOnceADaemonAnswers) {
  const DeafPort deaf;
  Hitwatch daemon({"run", "--config", patient(deaf.url())});
  const std::string url = "http://127.0.0.1:" + std::to_string(daemon.port());
  const Finished healthy = hitwatch({"check", "health", "--url", url});
  EXPECT_EQ(healthy.code, kSuccess) << healthy.output;
  EXPECT_EQ(healthy.output, "hitwatch is healthy.\n");
  EXPECT_EQ(hitwatch({"check", "health"}, {{"HITWATCH_URL", url}}).code, kSuccess);
}

TEST_F(CliTest, CheckHealthWaitsForEveryServersFirstPollIfToldTo) {
  const DeafPort deaf;
  Hitwatch daemon({"run", "--config", patient(deaf.url())});
  const std::string url = "http://127.0.0.1:" + std::to_string(daemon.port());
  const Finished finished = hitwatch({"check", "health", "--ready", "--url", url});
  EXPECT_EQ(finished.code, kFailure);
  EXPECT_TRUE(finished.output.contains("answers 503: 1 of 1 targets have not been polled yet."))
      << finished.output;
}

TEST_F(CliTest, CheckHealthFailsWhereNobodyListens) {
  const Finished finished = hitwatch({"check", "health", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(finished.code, kFailure);
  EXPECT_TRUE(finished.output.contains("cannot reach http://127.0.0.1:1")) << finished.output;
}

TEST_F(CliTest, CheckReportsEveryFaultAtOnceWithItsPlace) {
  const std::string file = dir_.write("hitwatch.yaml",
                                      "targets:\n"
                                      "  - url: redis://cache:6379\n"
                                      "    pol: 1s\n"
                                      "poll:\n"
                                      "  interval: soon\n"
                                      "web: {admin_api: perhaps}\n");
  const Finished finished = hitwatch({"check", "config", file});
  EXPECT_EQ(finished.code, kFailure);
  EXPECT_TRUE(finished.output.contains(file + ":3:5: targets[0].pol: unknown key"))
      << finished.output;
  EXPECT_TRUE(finished.output.contains(file + ":5:13: poll.interval: ")) << finished.output;
  EXPECT_TRUE(finished.output.contains(file + ":6:18: web.admin_api: ")) << finished.output;
}

TEST_F(CliTest, CheckNamesAFileThatIsNotThere) {
  const std::string file = dir_.path("none.yaml");
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"check", "config", file}, {"run", "--config", file}}) {
    const Finished finished = hitwatch(arguments);
    EXPECT_EQ(finished.code, kFailure);
    EXPECT_TRUE(finished.output.contains(file)) << finished.output;
    EXPECT_TRUE(finished.output.contains("No such file")) << finished.output;
  }
}

TEST_F(CliTest, CheckReadsTheTargetListsAndTheWebConfigurationToo) {
  const std::string list = dir_.write("a.yaml", "- targets: ['redis://cache:seven']\n");
  const std::string web = dir_.write("web.yml", "basic_auth_users: {a: plain}\n");
  const std::string file = dir_.write(
      "hitwatch.yaml", "targets: [{file: '" + list + "'}]\nweb: {config_file: '" + web + "'}\n");
  const Finished finished = hitwatch({"check", "config", file});
  EXPECT_EQ(finished.code, kFailure);
  EXPECT_TRUE(finished.output.contains(list + ":1:13:")) << finished.output;
  EXPECT_TRUE(finished.output.contains(web + ":1:")) << finished.output;
}

TEST_F(CliTest, CheckWarnsOfADuplicateInATargetList) {
  const std::string list = dir_.write("a.yaml", "- targets: [a, a]\n");
  const std::string file = dir_.write("hitwatch.yaml", "targets: [{file: '" + list + "'}]\n");
  const Finished finished = hitwatch({"check", "config", file});
  EXPECT_EQ(finished.code, 0);
  EXPECT_TRUE(finished.output.contains("warning: " + list + ":1:16: [0].targets[1]: the same"))
      << finished.output;
}

TEST_F(CliTest, APortInUseIsNamed) {
  const ScriptedServer other(say_nothing);
  const std::string address = "127.0.0.1:" + std::to_string(other.port());
  for (const char* command : {"run", "exporter"}) {
    const Finished finished = hitwatch({command, "--web.listen-address=" + address});
    EXPECT_EQ(finished.code, kFailure);
    EXPECT_TRUE(finished.output.contains("cannot listen on " + address)) << finished.output;
    EXPECT_TRUE(finished.output.contains("choose another port")) << finished.output;
  }
}

TEST_F(CliTest, ASignalEndsItWhileAServerDoesNotAnswer) {
  const ScriptedServer silent(say_nothing);
  for (const int signal : {SIGTERM, SIGINT}) {
    Hitwatch daemon({"run", "--config", patient(silent.url())});
    expect_ends_well(daemon, signal);
  }
}

TEST_F(CliTest, ASignalEndsItWhileAConnectionHangs) {
  const DeafPort deaf;
  Hitwatch daemon({"run", "--config", patient(deaf.url())});
  EXPECT_EQ(daemon.get("/-/ready").status, 503);
  expect_ends_well(daemon, SIGTERM);
}

TEST_F(CliTest, ASignalEndsItWhileAScrapeWaits) {
  const ScriptedServer silent(say_nothing);
  Hitwatch daemon({"exporter", "--redis.addr=" + silent.url(), "--connection-timeout=1h"});
  std::thread scrape([&] { daemon.get("/metrics"); });
  expect_ends_well(daemon, SIGTERM);
  scrape.join();
}

TEST_F(CliTest, ASignalEndsItWhileANameIsLookedUp) {
  const std::string mark = dir_.path("looked-up");
  const char* options = std::getenv("ASAN_OPTIONS");
  Hitwatch daemon({"run", "--config", patient("redis://cache.example")},
                  {{"LD_PRELOAD", SLOW_NAMES},
                   {"LOOKUP_MARK", mark},
                   // The address sanitizer wants to be the first library, unless told.
                   {"ASAN_OPTIONS",
                    std::string(options == nullptr ? "" : options) + ":verify_asan_link_order=0"}});
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(mark); }));
  expect_ends_well(daemon, SIGTERM);
}

TEST_F(CliTest, UrlsOnTheCommandLineAddToTheConfiguration) {
  const RedisServer first;
  const RedisServer second;
  const std::string file = dir_.write("hitwatch.yaml", "targets: [{url: '" + first.url() + "'}]\n");
  const Hitwatch daemon({"run", "--config", file, second.url()});
  EXPECT_TRUE(daemon.shows("redis_up{instance=\"" + first.address() + "\"} 1"));
  EXPECT_TRUE(daemon.shows("redis_up{instance=\"" + second.address() + "\"} 1"));
}

TEST_F(CliTest, AUrlNamedTwiceIsRefused) {
  const Finished finished = hitwatch({"run", "redis://cache:6379", "redis://cache"});
  EXPECT_EQ(finished.code, kFailure);
  EXPECT_TRUE(finished.output.contains("cache:6379 is named twice")) << finished.output;
}

TEST_F(CliTest, RedisUrlIsWatchedWhenNothingIsNamed) {
  const RedisServer server;
  const Hitwatch daemon(
      {"run"}, {{"REDIS_URL", server.url()}, {"REDIS_CONNECTION_STRING", "redis://127.0.0.1:1"}});
  EXPECT_TRUE(daemon.shows("redis_up 1"));
}

TEST_F(CliTest, RedisConnectionStringIsWatchedWhenRedisUrlIsEmpty) {
  const RedisServer server;
  const Hitwatch daemon({"run"}, {{"REDIS_URL", ""}, {"REDIS_CONNECTION_STRING", server.url()}});
  EXPECT_TRUE(daemon.shows("redis_up 1"));
}

TEST_F(CliTest, TheDefaultIsTheServerOfThisMachine) {
  const Hitwatch daemon({"run"}, {{"REDIS_URL", ""}, {"REDIS_CONNECTION_STRING", ""}});
  EXPECT_EQ(daemon.get("/sd").body, "[{\"labels\":{},\"targets\":[\"localhost:6379\"]}]\n");
}

TEST_F(CliTest, AnEmptyListOfTargetsIsNoReasonForADefault) {
  const RedisServer server;
  const std::string file = dir_.write("hitwatch.yaml", "targets: []\n");
  const Hitwatch daemon({"run", "--config", file}, {{"REDIS_URL", server.url()}});
  EXPECT_EQ(daemon.get("/sd").body, "[]\n");
  const Hitwatch with_url({"run", "--config", file, server.url()});
  EXPECT_TRUE(with_url.shows("redis_up 1"));
}

TEST_F(CliTest, TheProcessListShowsNoPassword) {
  const RedisServer server;
  const std::string address = server.address();
  const std::vector<std::vector<std::string>> commands = {
      {"run", "redis://me:geheim@" + address},
      {"run", "me:geheim@" + address},
      {"run", ":geheim@" + address},
      {"exporter", "--redis.addr=redis://me:geheim@" + address},
      {"exporter", "--redis.addr", "me:geheim@" + address},
      {"exporter", "--redis.addr=:geheim@" + address},
      {"exporter", "--redis.addr=" + address, "--redis.password", "geheim"},
      {"exporter", "--redis.addr=" + address, "-redis.password=geheim"},
  };
  for (const auto& command : commands) {
    Hitwatch daemon(command);
    const std::string shown = command_line_of(daemon.process().pid());
    EXPECT_TRUE(shown.contains(command.front())) << shown;
    EXPECT_FALSE(shown.contains("geheim")) << command.back();
    // The password that was hidden is the one that is used: the server knows no user of it.
    EXPECT_TRUE(eventually([&] { return daemon.process().output().contains("reason=auth"); }))
        << command.back() << "\n"
        << daemon.process().output();
    EXPECT_FALSE(daemon.process().output().contains("geheim")) << daemon.process().output();
  }
}

TEST_F(CliTest, AMalformedUrlIsRefusedWithoutItsPassword) {
  for (const std::string url :
       {"redis://me:geheim@cache:port", "redis://me:geheim@cache:99999", "redis://:geheim/x@cache",
        "http://me:geheim@cache", "redis://me:geheim@ca che", "redis://me:geheim%zz@cache",
        "redis://me:geheim@cache/db", "redis://me:geheim#1@cache", "unix://me:geheim@run",
        "redis://me:geheim@[::1", "me:geheim@cache:x", "geheim://cache", "redis//:geheim@cache"}) {
    const std::string file = dir_.write("hitwatch.yaml", "targets: [{url: '" + url + "'}]\n");
    const Finished runs[] = {hitwatch({"run", url}), hitwatch({"run"}, {{"REDIS_URL", url}}),
                             hitwatch({"check", "config", file}),
                             hitwatch({"exporter", "--redis.addr=" + url}),
                             hitwatch({"exporter"}, {{"REDIS_ADDR", url}})};
    for (const Finished& finished : runs) {
      EXPECT_TRUE(finished.code == kFailure || finished.code == kUsage) << url;
      EXPECT_FALSE(finished.output.empty()) << url;
      if (url.starts_with("geheim")) continue;  // a scheme is no secret
      EXPECT_FALSE(finished.output.contains("geheim")) << finished.output;
    }
  }
}

TEST_F(CliTest, TheExporterRefusesAFlagWithTheReason) {
  const Finished finished = hitwatch({"exporter", "--script=count.lua", "--basic-auth-username=a"});
  EXPECT_EQ(finished.code, kUsage);
  EXPECT_TRUE(finished.output.contains("--script: not supported: hitwatch runs no scripts"))
      << finished.output;
  EXPECT_TRUE(
      finished.output.contains("--basic-auth-username: not supported: use --web.config.file"))
      << finished.output;
}

TEST_F(CliTest, TheExporterRefusesAVariableWithTheReason) {
  const Finished finished = hitwatch({"exporter"}, {{"REDIS_EXPORTER_SCRIPT", "count.lua"}});
  EXPECT_EQ(finished.code, kUsage);
  EXPECT_TRUE(finished.output.contains("REDIS_EXPORTER_SCRIPT: not supported:")) << finished.output;
}

TEST_F(CliTest, TheExporterSuggestsTheFlagThatWasMeant) {
  const Finished finished = hitwatch({"exporter", "--redis.adr=redis://cache"});
  EXPECT_EQ(finished.code, kUsage);
  EXPECT_TRUE(finished.output.contains("did you mean '--redis.addr'?")) << finished.output;
}

TEST_F(CliTest, TheExporterNeedsNoScrapeEndpoint) {
  const RedisServer server;
  const Hitwatch daemon({"exporter", "--redis.addr=" + server.url(), "--disable-scrape-endpoint"});
  EXPECT_EQ(daemon.get("/scrape?target=" + server.address()).status, 404);
  EXPECT_TRUE(daemon.shows("redis_up 1"));
}

}  // namespace
}  // namespace hitwatch::test
