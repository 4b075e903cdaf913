// Every way in which a server can fail its watcher: the reason word it is given, that another
// target is not touched, and that it heals by itself.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <string>

#include "tests/system/certificates.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using std::chrono::seconds;

class FaultsTest : public testing::Test {
 protected:
  // Watches the target `bad`, described by the lines of its YAML entry, beside a healthy one.
  void watch(const std::string& bad, const std::string& further = "") {
    const std::string config =
        dir_.write("hitwatch.yaml", "targets:\n  - alias: bad\n" + bad +
                                        "  - alias: good\n    url: " + good_.url() +
                                        "\npoll: {interval: 1s, timeout: "
                                        "800ms}\n" +
                                        further);
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{"run", "--config", config});
  }
  void watch_url(const std::string& url) { watch("    url: " + url + "\n"); }

  // The bad target is down for that reason, and the good one is polled as if nothing were.
  void expect_down(const std::string& reason) {
    EXPECT_TRUE(daemon_->shows(error_line(reason))) << daemon_->process().output();
    EXPECT_TRUE(daemon_->shows("redis_up{instance=\"bad\"} 0"));
    expect_good_is_well();
  }
  void expect_partial(const std::string& reason) {
    EXPECT_TRUE(daemon_->shows(error_line(reason))) << daemon_->process().output();
    EXPECT_EQ(sample(daemon_->metrics(), "redis_up{instance=\"bad\"}"), 1);
    expect_good_is_well();
  }
  void expect_healed() {
    EXPECT_TRUE(daemon_->shows("redis_up{instance=\"bad\"} 1")) << daemon_->process().output();
    EXPECT_TRUE(daemon_->shows("redis_exporter_last_scrape_error{instance=\"bad\",err=\"\"} 0"));
    expect_good_is_well();
  }
  void expect_good_is_well() {
    ASSERT_TRUE(daemon_->shows("redis_up{instance=\"good\"} 1"));
    const std::string first = daemon_->metrics();
    const double polls = sample(first, "redis_exporter_scrapes_total{instance=\"good\"}").value();
    EXPECT_TRUE(eventually([&] {
      return sample(daemon_->metrics(), "redis_exporter_scrapes_total{instance=\"good\"}") > polls;
    }));
  }
  // What the API says of the failure, in words.
  void expect_explained(const std::string& words) {
    const std::string targets = daemon_->get("/api/v1/targets").body;
    EXPECT_NE(targets.find(words), std::string::npos) << targets;
  }

  static std::string error_line(const std::string& reason) {
    return "redis_exporter_last_scrape_error{instance=\"bad\",err=\"" + reason + "\"} 1";
  }

  TempDir dir_;
  RedisServer good_;
  std::unique_ptr<Hitwatch> daemon_;
};

// A server that answers every command of the handshake but INFO with +OK, and INFO with `info`.
std::function<void(int)> answering_info(std::string info) {
  return [info = std::move(info)](int socket) {
    std::string commands;
    while (true) {
      const std::string more = receive(socket);
      if (more.empty()) return;
      commands += more;
      for (auto end = commands.find("\r\n"); end != std::string::npos;
           end = commands.find("\r\n")) {
        const std::string line = commands.substr(0, end);
        commands.erase(0, end + 2);
        if (line == "SETNAME") send_all(socket, "+OK\r\n");
        if (line == "INFO") send_all(socket, info);
      }
    }
  };
}

TEST_F(FaultsTest, NobodyListens) {
  const int port = free_port();
  watch_url("redis://127.0.0.1:" + std::to_string(port));
  expect_down("refused");
  const RedisServer late({}, port);
  expect_healed();
}

TEST_F(FaultsTest, TheNameDoesNotResolve) {
  watch_url("redis://no-such-host.invalid:6379");
  expect_down("dns");
  expect_explained("no-such-host.invalid");
}

TEST_F(FaultsTest, ThePasswordIsWrong) {
  RedisServer bad({"--requirepass", "right"});
  watch("    url: " + bad.url() + "\n    password: wrong\n");
  expect_down("auth");
  expect_explained("WRONGPASS");
  bad.command({"AUTH", "right"});
  EXPECT_EQ(daemon_->process().output().find("wrong\""), std::string::npos);
}

TEST_F(FaultsTest, ThePasswordFileIsCorrectedWhileRunning) {
  RedisServer bad({"--requirepass", "right"});
  const std::string file = dir_.write("password", "wrong\n");
  watch("    url: " + bad.url() + "\n    password_file: " + file + "\n");
  expect_down("auth");
  dir_.write("password", "right\n");
  expect_healed();
}

TEST_F(FaultsTest, TheServerRepeatsThePasswordItRefuses) {
  const ScriptedServer bad([](int socket) {
    receive(socket);
    send_all(socket,
             "-ERR unknown command 'AUTH', with args beginning with: 'geheim' \r\n"
             "-ERR geheim\r\n");
    receive(socket);
  });
  watch("    url: " + bad.url() + "\n    password: geheim\n");
  expect_down("auth");
  expect_explained("unknown command 'AUTH'");
  for (const std::string& text : {daemon_->process().output(), daemon_->metrics(),
                                  daemon_->get("/api/v1/targets").body, daemon_->get("/").body}) {
    EXPECT_EQ(text.find("geheim"), std::string::npos) << text;
  }
}

TEST_F(FaultsTest, APasswordIsMissing) {
  RedisServer bad({"--requirepass", "right"});
  watch_url(bad.url());
  expect_down("auth");
  expect_explained("NOAUTH");
}

TEST_F(FaultsTest, ThePasswordFileIsGone) {
  RedisServer bad({"--requirepass", "right"});
  const std::string file = dir_.write("password", "right\n");
  watch("    url: " + bad.url() + "\n    password_file: " + file + "\n");
  expect_healed();
  ASSERT_EQ(unlink(file.c_str()), 0);
  bad.kill();
  bad.restart();
  expect_down("secret");
  expect_explained("password");
  dir_.write("password", "right\n");
  expect_healed();
}

TEST_F(FaultsTest, TheUserMayNotEvenAskForInfo) {
  RedisServer bad;
  bad.command({"ACL", "SETUSER", "watcher", "on", ">pw", "+ping", "+client|setname"});
  watch("    url: " + bad.url() + "\n    username: watcher\n    password: pw\n");
  expect_down("noperm");
  bad.command({"ACL", "SETUSER", "watcher", "+@all"});
  expect_healed();
}

TEST_F(FaultsTest, TheUserMayAskForInfoOnly) {
  RedisServer bad;
  bad.command({"ACL", "SETUSER", "watcher", "on", ">pw", "+info"});
  // What rounds of looking at keys are refused is told by the tests of these.
  watch("    url: " + bad.url() + "\n    username: watcher\n    password: pw\n",
        "keys: {sample: {enabled: false}}\n");
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"bad\"} 1"));
  for (const char* collector : {"config", "slowlog", "latency"}) {
    EXPECT_TRUE(daemon_->shows("redis_collector_unavailable{instance=\"bad\",collector=\"" +
                               std::string(collector) + "\"} 1"))
        << collector;
  }
  expect_explained("NOPERM");
  // Asked once for each connection, not at every poll.
  const std::string refusals = bad.command({"INFO", "errorstats"});
  expect_good_is_well();
  expect_good_is_well();
  EXPECT_EQ(bad.command({"INFO", "errorstats"}), refusals);
}

TEST_F(FaultsTest, TlsToAPlainPort) {
  RedisServer bad;
  watch_url("rediss://" + bad.address());
  expect_down("tls");
  expect_explained("plain Redis");
}

class TlsFaultsTest : public FaultsTest {
 protected:
  std::vector<std::string> tls_arguments(const Authority::Certificate& certificate) {
    port_ = free_port();
    return {"--port",
            "0",
            "--tls-port",
            std::to_string(port_),
            "--tls-cert-file",
            certificate.cert_file,
            "--tls-key-file",
            certificate.key_file,
            "--tls-ca-cert-file",
            authority_.ca_file(),
            "--tls-auth-clients",
            "no"};
  }
  std::string tls_entry(const std::string& host) {
    return "    url: rediss://" + host + ":" + std::to_string(port_) +
           "\n    tls: {ca_file: " + authority_.ca_file() + "}\n";
  }
  Authority authority_;
  int port_ = 0;
};

TEST_F(TlsFaultsTest, NoneWhenAllIsRight) {
  const RedisServer bad(tls_arguments(authority_.issue("127.0.0.1")));
  watch(tls_entry("127.0.0.1"));
  expect_healed();
}

TEST_F(TlsFaultsTest, PlainToATlsPort) {
  const RedisServer bad(tls_arguments(authority_.issue("127.0.0.1")));
  watch_url("redis://127.0.0.1:" + std::to_string(port_));
  expect_down("tls");
  expect_explained("rediss://");
}

TEST_F(TlsFaultsTest, TheCertificateHasExpired) {
  const RedisServer bad(tls_arguments(authority_.issue("127.0.0.1", -1)));
  watch(tls_entry("127.0.0.1"));
  expect_down("tls");
  expect_explained("expired");
}

TEST_F(TlsFaultsTest, TheCertificateIsForAnotherAddress) {
  const RedisServer bad(tls_arguments(authority_.issue("127.0.0.9")));
  watch(tls_entry("127.0.0.1"));
  expect_down("tls");
  expect_explained("IP address mismatch");
}

TEST_F(TlsFaultsTest, TheCertificateIsForAnotherName) {
  const RedisServer bad(tls_arguments(authority_.issue("cache.example")));
  watch(tls_entry("localhost"));
  expect_down("tls");
  expect_explained("hostname mismatch");
}

TEST_F(TlsFaultsTest, TheAuthorityIsUnknown) {
  const RedisServer bad(tls_arguments(authority_.issue("127.0.0.1")));
  watch_url("rediss://127.0.0.1:" + std::to_string(port_));
  expect_down("tls");
  expect_explained("certificate is not accepted");
}

TEST_F(TlsFaultsTest, VerificationIsSkippedOnlyWhenAskedFor) {
  const RedisServer bad(tls_arguments(authority_.issue("cache.example")));
  watch("    url: rediss://127.0.0.1:" + std::to_string(port_) +
        "\n    tls: {insecure_skip_verify: true}\n");
  expect_healed();
  EXPECT_NE(daemon_->process().output().find("not verified"), std::string::npos);
}

TEST_F(FaultsTest, TheServerIsStopped) {
  RedisServer bad;
  watch_url(bad.url());
  expect_healed();
  bad.process().signal(SIGSTOP);
  expect_down("timeout");
  bad.process().signal(SIGCONT);
  expect_healed();
}

TEST_F(FaultsTest, TheServerIsKilled) {
  RedisServer bad;
  watch_url(bad.url());
  expect_healed();
  bad.kill();
  expect_down("refused");
  bad.restart();
  expect_healed();
}

TEST_F(FaultsTest, TheServerDiesInTheMiddleOfAReply) {
  const ScriptedServer bad([](int socket) {
    receive(socket);
    send_all(socket, "+OK\r\n$5000\r\n# Server\r\nredis_version:7.0.15\r\n");
  });
  watch_url(bad.url());
  expect_down("reset");
}

TEST_F(FaultsTest, TheServerIsLoading) {
  const TempDir data;
  {
    RedisServer before(
        {"--dbfilename", "slow.rdb", "--dir", data.path(), "--enable-debug-command", "yes"});
    before.command({"DEBUG", "POPULATE", "20000", "k", "100"});
    before.command({"SAVE"});
  }
  const int port = free_port();
  // A real server that takes its time: half a millisecond for each key.
  Process loading({"redis-server", "--port", std::to_string(port), "--bind", "127.0.0.1", "--dir",
                   data.path(), "--dbfilename", "slow.rdb", "--save", "", "--key-load-delay", "500",
                   "--loading-process-events-interval-bytes", "1024"});
  watch_url("redis://127.0.0.1:" + std::to_string(port));
  expect_partial("loading");
  expect_healed();
}

TEST_F(FaultsTest, TheServerRefusesInfoWhileLoading) {
  const ScriptedServer bad(answering_info("-LOADING Redis is loading the dataset in memory\r\n"));
  watch_url(bad.url());
  expect_down("loading");
}

TEST_F(FaultsTest, TheReplicaRefusesInfoWithoutItsMaster) {
  const ScriptedServer bad(answering_info(
      "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n"));
  watch_url(bad.url());
  expect_down("masterdown");
}

TEST_F(FaultsTest, TheServerHasNoConnectionToSpare) {
  RedisServer bad;
  bad.command({"CONFIG", "SET", "maxclients", "1"});
  ASSERT_EQ(bad.command({"CONFIG", "GET", "maxclients"}), "maxclients\n1");
  // Holds the only place.
  Process holder({"redis-cli", "-p", std::to_string(bad.port()), "SUBSCRIBE", "x"});
  ASSERT_TRUE(eventually([&] { return holder.output().find("subscribe") != std::string::npos; }));
  watch_url(bad.url());
  expect_down("maxclients");
  holder.signal(SIGKILL);
  expect_healed();
}

TEST_F(FaultsTest, TheServersInfoIsLikeNoneSeenBefore) {
  const std::string info =
      "# Quantum\r\nflux:over 9000\r\nno colon here\r\n:\r\n::::\r\nredis_version:99.0.0\r\n"
      "db0:everything=fine\r\ndbX:keys=1\r\ncmdstat_:calls=x\r\nconnected_clients:many\r\n"
      "used_memory:12345\r\nuptime_in_seconds:-1e999\r\n";
  const ScriptedServer bad(answering_info(bulk(info)));
  watch_url(bad.url());
  EXPECT_TRUE(daemon_->shows("redis_memory_used_bytes{instance=\"bad\"} 12345"))
      << daemon_->process().output();
  EXPECT_EQ(sample(daemon_->metrics(), "redis_up{instance=\"bad\"}"), 1);
  EXPECT_EQ(sample(daemon_->metrics(), "redis_connected_clients{instance=\"bad\"}"), std::nullopt);
  expect_good_is_well();
}

TEST_F(FaultsTest, AReplyOfAGigabyteIsAnnounced) {
  const ScriptedServer bad(answering_info("$1073741824\r\n# Server\r\n"));
  watch_url(bad.url());
  expect_down("protocol");
}

TEST_F(FaultsTest, AnArrayOfTwoThousandMillionElementsIsAnnounced) {
  const ScriptedServer bad(answering_info("*2147483647\r\n"));
  watch_url(bad.url());
  expect_down("protocol");
}

TEST_F(FaultsTest, TheServerDoesNotSpeakTheProtocol) {
  const ScriptedServer bad(
      [](int socket) { send_all(socket, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  watch_url(bad.url());
  expect_down("protocol");
}

TEST_F(FaultsTest, TheServerClosesEveryConnection) {
  std::atomic<int> connections = 0;
  const ScriptedServer bad([&](int) { ++connections; });
  watch_url(bad.url());
  expect_down("reset");
  // Not hammered: the delay between two tries grows to the interval. Every try may be followed by
  // one that asks whether the port speaks TLS.
  const int before = connections;
  expect_good_is_well();
  EXPECT_LT(connections - before, 30);
}

TEST_F(FaultsTest, ATimeoutLeavesWhatWasAnsweredBefore) {
  // INFO is answered, nothing that follows is.
  const ScriptedServer bad(answering_info(bulk("redis_version:7.0.15\r\nused_memory:777\r\n")));
  watch_url(bad.url());
  expect_partial("timeout");
  EXPECT_EQ(sample(daemon_->metrics(), "redis_memory_used_bytes{instance=\"bad\"}"), 777);
}

}  // namespace
}  // namespace hitwatch::test
