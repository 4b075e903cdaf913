// `hitwatch tap` as people run it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "tests/cli/pseudo_terminal.h"
#include "tests/system/harness.h"
#include "tests/system/own_network.h"

namespace hitwatch::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string file_text(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A child of `parent`, or of one of its children, that runs a program of that name; 0 for none.
pid_t descendant(pid_t parent, const std::string& name) {
  const std::string id = std::to_string(parent);
  std::istringstream children(file_text("/proc/" + id + "/task/" + id + "/children"));
  for (pid_t child = 0; children >> child;) {
    if (file_text("/proc/" + std::to_string(child) + "/comm") == name + "\n") return child;
    if (const pid_t found = descendant(child, name); found != 0) return found;
  }
  return 0;
}

// Whether a process has a handler of SIGINT.
bool catches_interrupts(pid_t process) {
  const std::string status = file_text("/proc/" + std::to_string(process) + "/status");
  const std::size_t at = status.find("SigCgt:");
  if (at == std::string::npos) return false;
  return (std::stoull(status.substr(at + 7), nullptr, 16) & 1U << (SIGINT - 1)) != 0;
}

// `hitwatch tap --read -` that has come to reading: then libpcap is loaded.
bool reads_a_capture(pid_t process) {
  return file_text("/proc/" + std::to_string(process) + "/maps").contains("libpcap");
}

bool has_thread(pid_t process, const std::string& name) {
  std::error_code ignored;
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(process) + "/task",
                                                ignored);
  return std::ranges::any_of(all, [&](const auto& thread) {
    return file_text(thread.path().string() + "/comm") == name + "\n";
  });
}

class TapCommandLine : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(kMayCapture); }

  std::string port() const { return std::to_string(server_.port()); }
  void look_up(int times) const {
    const auto finished =
        run_to_end({"redis-cli", "-p", port(), "-r", std::to_string(times), "GET", "page:acme:1"});
    ASSERT_EQ(finished.code, 0) << finished.output;
  }

  RedisServer server_;
};

TEST_F(TapCommandLine, ShowsALiveTableAndTheWholeAtTheEnd) {
  PseudoTerminal terminal({hitwatch_binary(), "tap", "--port", port()});
  ASSERT_TRUE(terminal.shows("lo, port " + port())) << terminal.screen().text();
  look_up(200);
  EXPECT_TRUE(terminal.until([](const DrawnScreen& screen) {
    return screen.text().contains("page:acme:{id}") && screen.text().contains("HIT%");
  })) << terminal.screen().text();
  EXPECT_FALSE(terminal.screen().has_wrapped());
  const std::size_t live = terminal.raw().size();
  terminal.type("q");
  EXPECT_EQ(terminal.wait(), 0);
  const std::string end = terminal.raw().substr(live);
  EXPECT_THAT(end, HasSubstr("page:acme:{id}"));
  EXPECT_THAT(end, ContainsRegex("GET +200 "));
  EXPECT_THAT(end, HasSubstr("HOT KEY"));
}

TEST_F(TapCommandLine, WithoutATerminalItPrintsOnceItIsEnded) {
  Process tap({hitwatch_binary(), "tap", "--port", port(), "--seconds", "3600", "--json"});
  ASSERT_TRUE(eventually([&] { return has_thread(tap.pid(), "hitwatch-tap"); }));
  look_up(50);
  run_to_end({"sleep", "0.2"});  // until the kernel hands out the last packets
  tap.signal(SIGINT);
  EXPECT_EQ(tap.wait(), 0);
  EXPECT_THAT(tap.output(), HasSubstr("\"misses\":50}"));
}

// Ctrl-C goes to all of a pipeline, and the report comes once the other program has ended.
TEST_F(TapCommandLine, ReadsWhatTcpdumpWritesUntilCtrlC) {
  PseudoTerminal terminal({"sh", "-c",
                           "tcpdump --immediate-mode -i lo -U -s 256 -w - port " + port() + " | " +
                               hitwatch_binary() + " tap --port " + port() + " --read -"});
  ASSERT_TRUE(terminal.shows("listening on lo")) << terminal.screen().text();
  ASSERT_TRUE(
      eventually([&] { return catches_interrupts(descendant(terminal.pid(), "hitwatch")); }));
  look_up(30);
  run_to_end({"sleep", "1"});  // until tcpdump has written the last packets
  terminal.type("\x03");
  terminal.wait();
  EXPECT_THAT(terminal.raw(), ContainsRegex("GET +30 ")) << terminal.raw();
  EXPECT_THAT(terminal.raw(), HasSubstr("standard input")) << terminal.raw();
}

TEST_F(TapCommandLine, WhereNoProgramWritesCtrlCEndsIt) {
  PseudoTerminal terminal({hitwatch_binary(), "tap", "--read", "-"});
  ASSERT_TRUE(eventually([&] { return reads_a_capture(terminal.pid()); }));
  EXPECT_FALSE(catches_interrupts(terminal.pid()));
  terminal.type("\x03");
  EXPECT_EQ(terminal.wait(), 128 + SIGINT);
}

TEST_F(TapCommandLine, CtrlCThatIsIgnoredStaysSo) {
  Process pipeline(
      {"sh", "-c", "trap '' INT; sleep 60 | " + hitwatch_binary() + " tap --read - ; true"});
  const auto reader = [&] { return descendant(pipeline.pid(), "hitwatch"); };
  ASSERT_TRUE(eventually([&] { return reads_a_capture(reader()); }));
  EXPECT_FALSE(catches_interrupts(reader()));
  kill(descendant(pipeline.pid(), "sleep"), SIGTERM);
  pipeline.wait();
}

TEST_F(TapCommandLine, WhatCannotBeCapturedEndsIt) {
  const Finished away = run_to_end({hitwatch_binary(), "tap", "--interface", "none0"});
  EXPECT_EQ(away.code, 1);
  EXPECT_THAT(away.output, StartsWith("hitwatch tap: none0: "));
  EXPECT_THAT(away.output, Not(HasSubstr("until it is back")));
  const Finished any = run_to_end({hitwatch_binary(), "tap", "--interface", "any"});
  EXPECT_EQ(any.code, 1);
  EXPECT_THAT(any.output, HasSubstr("name the interfaces"));
  const Finished both =
      run_to_end({hitwatch_binary(), "tap", "--read", "/dev/null", "--interface", "lo"});
  EXPECT_NE(both.code, 0);
  EXPECT_THAT(both.output, HasSubstr("--read"));
  const Finished empty = run_to_end({hitwatch_binary(), "tap", "--read", "/dev/null"});
  EXPECT_EQ(empty.code, 1);
  EXPECT_THAT(empty.output, HasSubstr("/dev/null is empty"));
}

}  // namespace
}  // namespace hitwatch::test
