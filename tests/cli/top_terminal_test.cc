// `hitwatch top` as a person meets it: on a terminal of 80 columns and 24 lines.
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/pseudo_terminal.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

std::string row_json(const std::string& tenant) {
  const std::string figures =
      R"({"hits":90,"misses":10,"errors":0,"lookups":100,"hit_ratio":0.5,"hit_ratio_low":0.4,)"
      R"("hit_ratio_high":0.6,"p50_seconds":0.0004,"p95_seconds":0.002,"p99_seconds":null})";
  return R"({"tenant":")" + tenant +
         R"(","type":"a-long-name-for-a-type","layer":"redis","source":"statsd","windows":{"1m":)" +
         figures + R"(,"5m":)" + figures + R"(,"15m":)" + figures + "}}";
}

std::string answer_json() {
  std::string rows = row_json("acme") + "," + row_json("会社テナント有限") + "," +
                     row_json(R"(evil\u001b[2J\nname)") + "," + row_json(std::string(128, 'x'));
  for (int i = 0; i < 60; ++i) rows += "," + row_json("tenant-" + std::to_string(i));
  return R"({"status":"success","data":{"windows":{"1m":{"covered_seconds":60},)"
         R"("5m":{"covered_seconds":300},"15m":{"covered_seconds":400}},"total_rows":64,"rows":[)" +
         rows + "]}}";
}

// A daemon as far as `hitwatch top` can tell.
class ScriptedDaemon {
 public:
  ScriptedDaemon() {
    server_.Get("/api/v1/tenants",
                [this](const httplib::Request& request, httplib::Response& response) {
                  answer(request, response);
                });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~ScriptedDaemon() {
    hang(false);
    server_.stop();
    thread_.join();
  }
  ScriptedDaemon(const ScriptedDaemon&) = delete;
  ScriptedDaemon& operator=(const ScriptedDaemon&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void fail(bool on) { failing_ = on; }
  void hang(bool on) {
    const std::lock_guard lock(mutex_);
    hanging_ = on;
    changed_.notify_all();
  }
  bool was_asked(const std::string& parameter) {
    const std::lock_guard lock(mutex_);
    return asked_.contains(parameter);
  }

 private:
  void answer(const httplib::Request& request, httplib::Response& response) {
    {
      std::unique_lock lock(mutex_);
      for (const auto& [name, value] : request.params) asked_.insert(name + "=" + value);
      changed_.wait(lock, [this] { return !hanging_; });
    }
    if (failing_) {
      response.status = 503;
      response.set_content(R"({"status":"error","error":"starting"})", "application/json");
      return;
    }
    response.set_content(answer_json(), "application/json");
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  std::atomic<bool> failing_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hanging_ = false;
  std::set<std::string> asked_;
};

std::vector<std::string> top(const ScriptedDaemon& daemon, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {hitwatch_binary(), "top", "--url", daemon.url()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

bool same_modes(const termios& a, const termios& b) {
  return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag &&
         a.c_lflag == b.c_lflag;
}

TEST(TopOnATerminal, EverythingFitsAndQLeavesTheTerminalAsItWas) {
  const ScriptedDaemon daemon;
  PseudoTerminal terminal(top(daemon));
  ASSERT_TRUE(terminal.shows("tenant-15")) << terminal.screen().text();
  const DrawnScreen& screen = terminal.screen();
  EXPECT_TRUE(screen.line(0).starts_with("hitwatch " + daemon.url() + "  last 5m  "));
  EXPECT_TRUE(screen.line(2).starts_with("TENANT ")) << screen.line(2);
  EXPECT_TRUE(screen.line(2).ends_with(" p50   p95   p99")) << screen.line(2);
  EXPECT_TRUE(screen.line(3).starts_with("acme ")) << screen.line(3);
  EXPECT_TRUE(screen.line(4).starts_with("会社テナ")) << screen.line(4);
  EXPECT_TRUE(screen.line(5).starts_with("evil?[2J?")) << screen.line(5);
  EXPECT_TRUE(screen.line(22).starts_with("tenant-15")) << screen.line(22);
  EXPECT_TRUE(screen.line(23).starts_with("q quit")) << screen.line(23);
  EXPECT_FALSE(screen.has_wrapped());
  EXPECT_FALSE(same_modes(terminal.modes(), terminal.modes_before())) << "it has the keyboard";

  terminal.type("q");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_TRUE(same_modes(terminal.modes(), terminal.modes_before()));
}

TEST(TopOnATerminal, SignalsLeaveItAsItWasToo) {
  const ScriptedDaemon daemon;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    PseudoTerminal terminal(top(daemon));
    ASSERT_TRUE(terminal.shows("acme"));
    kill(terminal.pid(), signal);
    EXPECT_EQ(terminal.wait(), 0) << signal;
    EXPECT_TRUE(same_modes(terminal.modes(), terminal.modes_before())) << signal;
  }
}

TEST(TopOnATerminal, CtrlCQuits) {
  const ScriptedDaemon daemon;
  PseudoTerminal terminal(top(daemon));
  ASSERT_TRUE(terminal.shows("acme"));
  terminal.type("\x03");
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(TopOnATerminal, CtrlZGivesTheTerminalBackUntilItGoesOn) {
  const ScriptedDaemon daemon;
  // A shell with job control, which resumes it on Enter.
  const std::string script = R"(set -m; "$0" top --url "$1"; read -r; fg; echo "ended with $?")";
  PseudoTerminal terminal({"bash", "--norc", "-c", script, hitwatch_binary(), daemon.url()});
  ASSERT_TRUE(terminal.shows("acme"));
  terminal.type("\x1a");
  ASSERT_TRUE(terminal.until([&](const DrawnScreen&) {
    return terminal.raw().contains("Stopped");
  })) << terminal.screen().text();
  EXPECT_TRUE(same_modes(terminal.modes(), terminal.modes_before()));
  const std::size_t before = terminal.raw().size();
  terminal.type("\n");
  ASSERT_TRUE(terminal.until([&](const DrawnScreen&) {
    return terminal.raw().find("acme", before) != std::string::npos;
  }));
  terminal.type("q");
  EXPECT_TRUE(terminal.shows("ended with 0")) << terminal.screen().text();
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(TopOnATerminal, KeysChangeWhatIsAskedAndShown) {
  ScriptedDaemon daemon;
  PseudoTerminal terminal(top(daemon));
  ASSERT_TRUE(terminal.shows("acme"));
  terminal.type("\x1bOB");  // the arrow down
  EXPECT_TRUE(terminal.until([](const DrawnScreen& screen) {
    return screen.line(3).starts_with("会社") && screen.line(22).starts_with("tenant-16");
  })) << terminal.screen().text();
  terminal.type("w");
  EXPECT_TRUE(terminal.shows("last 15m (400 s so far)"));
  EXPECT_TRUE(eventually([&] { return daemon.was_asked("window=15m"); }));
  terminal.type("/ac*\r");
  EXPECT_TRUE(terminal.shows("descending by misses  tenant ac*"));
  EXPECT_TRUE(eventually([&] { return daemon.was_asked("tenant=ac*"); }));
  EXPECT_FALSE(terminal.screen().has_wrapped());
}

TEST(TopOnATerminal, ASmallerWindowIsDrawnAnew) {
  const ScriptedDaemon daemon;
  PseudoTerminal terminal(top(daemon));
  ASSERT_TRUE(terminal.shows("acme"));
  terminal.resize(10, 40);
  EXPECT_TRUE(terminal.until([](const DrawnScreen& screen) {
    return screen.line(9).starts_with("q quit") && screen.line(2).starts_with("TENANT");
  })) << terminal.screen().text();
}

TEST(TopOnATerminal, KeysAreAnsweredWhileTheDaemonHangs) {
  ScriptedDaemon daemon;
  daemon.hang(true);
  PseudoTerminal terminal(top(daemon));
  ASSERT_TRUE(terminal.shows("Asking the daemon."));
  terminal.type("h");
  EXPECT_TRUE(terminal.shows("Any key goes back."));
  terminal.type("x");
  terminal.type("q");
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(TopOnATerminal, ADaemonThatGoesAwayIsAskedUntilItIsBack) {
  ScriptedDaemon daemon;
  PseudoTerminal terminal(top(daemon, {"--interval", "100ms"}));
  ASSERT_TRUE(terminal.shows("acme"));
  daemon.fail(true);
  ASSERT_TRUE(terminal.shows("starting; trying again")) << terminal.screen().text();
  EXPECT_TRUE(terminal.screen().text().contains("acme")) << "the last figures stay";
  daemon.fail(false);
  EXPECT_TRUE(terminal.shows("descending by misses"));
}

TEST(TopOnATerminal, ADaemonThatIsNotThereYetIsWaitedFor) {
  PseudoTerminal terminal(
      {hitwatch_binary(), "top", "--url", "http://127.0.0.1:" + std::to_string(free_port())});
  EXPECT_TRUE(terminal.shows("cannot reach http://127.0.0.1:"));
  terminal.type("q");
  EXPECT_EQ(terminal.wait(), 0);
}

TEST(TopOnATerminal, ColoursAreLeftOutOnRequest) {
  const ScriptedDaemon daemon;
  const std::string red = "\x1b[31m";
  PseudoTerminal coloured(top(daemon), {{"TERM", "xterm"}});
  ASSERT_TRUE(coloured.until([&](const DrawnScreen&) { return coloured.raw().contains("50.0"); }));
  EXPECT_TRUE(coloured.raw().contains(red));
  PseudoTerminal plain(top(daemon), {{"TERM", "xterm"}, {"NO_COLOR", "1"}});
  ASSERT_TRUE(plain.until([&](const DrawnScreen&) { return plain.raw().contains("50.0"); }));
  EXPECT_FALSE(plain.raw().contains(red));
}

TEST(TopOnATerminal, OneThatCannotBeDrawnOnGetsOneTable) {
  const ScriptedDaemon daemon;
  for (const std::string name : {"dumb", "", "no-such-terminal"}) {
    PseudoTerminal terminal(top(daemon), {{"TERM", name}});
    EXPECT_EQ(terminal.wait(), 0) << name;
    EXPECT_TRUE(terminal.raw().contains("acme")) << name;
    EXPECT_FALSE(terminal.raw().contains('\x1b')) << name;
  }
}

TEST(TopElsewhere, IsOneTableWithoutEscapes) {
  const ScriptedDaemon daemon;
  const Finished finished = run_to_end(top(daemon), {{"TERM", "xterm"}});
  EXPECT_EQ(finished.code, 0);
  EXPECT_TRUE(finished.output.contains("\nacme ")) << finished.output;
  EXPECT_TRUE(finished.output.contains("\n" + std::string(128, 'x') + " ")) << "not cut";
  EXPECT_FALSE(finished.output.contains('\x1b'));
}

TEST(TopElsewhere, OptionsReachTheDaemon) {
  ScriptedDaemon daemon;
  const Finished finished =
      run_to_end({hitwatch_binary(), "top", "--once", "--sort", "p99", "--window", "1m", "--tenant",
                  "ac*", "--type", "cat", "--limit", "7"},
                 {{"HITWATCH_URL", daemon.url()}});
  EXPECT_EQ(finished.code, 0) << finished.output;
  for (const std::string parameter :
       {"sort=p99", "order=desc", "window=1m", "tenant=ac*", "type=cat", "limit=7"}) {
    EXPECT_TRUE(daemon.was_asked(parameter)) << parameter;
  }
}

TEST(TopElsewhere, NoDaemonIsAnErrorThatSaysWhere) {
  const std::string url = "http://user:geheim@127.0.0.1:" + std::to_string(free_port());
  const Finished finished = run_to_end({hitwatch_binary(), "top", "--url", url});
  EXPECT_EQ(finished.code, 1);
  EXPECT_TRUE(finished.output.starts_with("hitwatch top: cannot reach http://127.0.0.1:"))
      << finished.output;
  EXPECT_FALSE(finished.output.contains("geheim"));
}

TEST(TopElsewhere, WrongUsageIsTold) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--sort", "colour"},
                                             {"--window", "2m"},
                                             {"--interval", "soon"},
                                             {"--interval", "1ms"},
                                             {"--limit", "0"},
                                             {"--limit", "10001"},
                                             {"--url", "redis://user:geheim@host"}}) {
    std::vector<std::string> all = {hitwatch_binary(), "top"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Finished finished = run_to_end(all);
    EXPECT_EQ(finished.code, 2) << arguments[1];
    EXPECT_FALSE(finished.output.contains("geheim"));
  }
}

}  // namespace
}  // namespace hitwatch::test
