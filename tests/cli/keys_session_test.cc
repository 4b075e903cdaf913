// `hitwatch keys` against surveys that end as the tests want: what it says, and how it ends.
#include "agent/cli/keys_session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "tests/cli/keys_reports.h"

namespace hitwatch::cli {
namespace {

using keyspace::Report;
using keyspace::Survey;
using nlohmann::json;

constexpr int kInterrupted = 130;

// What a survey finds. It may wait for SIGINT, which it sends itself.
struct Script {
  Report report;
  std::vector<keyspace::Progress> progress;
  int interrupts = 0;    // signals that it sends
  bool is_deaf = false;  // does not end when told
};

class ScriptedSurvey : public Survey, public std::enable_shared_from_this<ScriptedSurvey> {
 public:
  ScriptedSurvey(boost::asio::io_context& context, Script script, Callbacks callbacks)
      : context_(context), script_(std::move(script)), callbacks_(std::move(callbacks)) {}

  void go() {
    boost::asio::post(context_, [self = shared_from_this()] { self->begin(); });
  }
  void finish_now() override {
    if (script_.is_deaf) {
      raise(SIGINT);
      return;
    }
    script_.report.complete = false;
    done();
  }
  void cancel() override { callbacks_ = {}; }

 private:
  void begin() {
    Report known;
    known.server = script_.report.server;
    known.keys = script_.report.keys;
    if (callbacks_.begin && !callbacks_.begin(known)) {
      script_.report = Report();
      return done();
    }
    for (const keyspace::Progress& progress : script_.progress) callbacks_.progress(progress);
    if (script_.interrupts == 0) return done();
    raise(SIGINT);
  }
  void done() {
    const auto callback = std::exchange(callbacks_.done, nullptr);
    callback(std::make_shared<const Report>(script_.report));
  }

  boost::asio::io_context& context_;
  Script script_;
  Callbacks callbacks_;
};

// A descriptor whose content can be asked for.
class Ends {
 public:
  explicit Ends(bool is_terminal) {
    if (is_terminal) {
      winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
      EXPECT_EQ(openpty(&ours_, &theirs_, nullptr, nullptr, &size), 0);
    } else {
      std::array<int, 2> ends{};
      EXPECT_EQ(pipe(ends.data()), 0);
      ours_ = ends[0];
      theirs_ = ends[1];
    }
    fcntl(ours_, F_SETFL, O_NONBLOCK);
  }
  ~Ends() {
    close(ours_);
    close(theirs_);
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  int ours() const { return ours_; }
  int theirs() const { return theirs_; }
  std::string content() const {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 1; size > 0;) {
      size = read(ours_, buffer.data(), buffer.size());
      if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

 private:
  int ours_ = -1;
  int theirs_ = -1;
};

struct Ended {
  int code;
  std::string output;
  std::string messages;
  int rounds;
};

struct Around {
  bool has_terminal = false;  // for standard input and error
  std::string typed;
};

// Runs rounds of these scripts; after the last, SIGINT.
Ended run(const KeysPlan& plan, std::vector<Script> scripts, const Around& around = {}) {
  const Ends input(around.has_terminal);
  const Ends output(false);
  const Ends messages(around.has_terminal);
  if (!around.typed.empty()) {
    EXPECT_GT(write(input.ours(), around.typed.data(), around.typed.size()), 0);
  }
  boost::asio::io_context context;
  std::size_t rounds = 0;
  const StartSurvey start = [&](const keyspace::SurveyOptions&, Survey::Callbacks callbacks) {
    if (rounds == scripts.size()) raise(SIGINT);
    const Script& script = scripts[std::min(rounds++, scripts.size() - 1)];
    auto survey = std::make_shared<ScriptedSurvey>(context, script, std::move(callbacks));
    survey->go();
    return survey;
  };
  const int code =
      KeysSession(context, plan, {input.theirs(), output.theirs(), messages.theirs()}, start).run();
  return {code, output.content(), messages.content(), static_cast<int>(rounds)};
}

KeysPlan full_plan() {
  KeysPlan plan;
  plan.survey.full = true;
  plan.survey.budget = 0.5;
  return plan;
}

Script script(Report report) { return {.report = std::move(report), .progress = {}}; }

TEST(KeysSession, ACompleteReportEndsWell) {
  const Ended ended = run({}, {script(sampled_report())});
  EXPECT_EQ(ended.code, 0);
  EXPECT_TRUE(ended.output.starts_with("cache-1:6379 (master): ")) << ended.output;
  EXPECT_EQ(ended.messages, "");
}

TEST(KeysSession, JsonIsOneObjectAndNothingElse) {
  KeysPlan plan;
  plan.json = true;
  const Ended ended = run(plan, {script(sampled_report())});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(json::parse(ended.output)["totals"]["keys"], 2'000'000);
}

TEST(KeysSession, WhatCannotBeReachedIsAnError) {
  Report report;
  report.notes = {"127.0.0.1:1: connection refused"};
  const Ended ended = run({}, {script(report)});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.messages, "hitwatch keys: 127.0.0.1:1: connection refused\n");
}

TEST(KeysSession, APartialReportIsPrintedAndAFailure) {
  Report report = sampled_report();
  report.complete = false;
  const Ended ended = run({}, {script(report)});
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(ended.output.contains("PARTIAL: ")) << ended.output;
  EXPECT_EQ(ended.messages, "hitwatch keys: the report is partial\n");
}

TEST(KeysSession, AServerThatShowsNoKeyIsAFailure) {
  Report report = sampled_report();
  report.sampled = 0;
  report.groups.clear();
  const Ended ended = run({}, {script(report)});
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(ended.output.contains("None of 2,000,000 keys could be looked at")) << ended.output;
  EXPECT_EQ(ended.messages, "hitwatch keys: no key could be looked at\n");
}

TEST(KeysSession, AnInterruptPrintsWhatIsKnown) {
  Script interrupted = script(sampled_report());
  interrupted.interrupts = 1;
  const Ended ended = run({}, {interrupted});
  EXPECT_EQ(ended.code, kInterrupted);
  EXPECT_TRUE(ended.output.contains("PARTIAL: ended by hand")) << ended.output;
  EXPECT_TRUE(ended.output.contains("catalog acme")) << ended.output;
}

TEST(KeysSession, ASecondInterruptEndsAtOnce) {
  Script deaf = script(sampled_report());
  deaf.interrupts = 1;
  deaf.is_deaf = true;
  const Ended ended = run({}, {deaf});
  EXPECT_EQ(ended.code, kInterrupted);
  EXPECT_EQ(ended.output, "");
}

TEST(KeysSession, AnInterruptBeforeAnythingIsKnownPrintsNothing) {
  Script early = script(Report());
  early.interrupts = 1;
  const Ended ended = run({}, {early});
  EXPECT_EQ(ended.code, kInterrupted);
  EXPECT_EQ(ended.output, "");
}

Report report_of_addresses() {
  Report report = sampled_report();
  report.groups[0].type = "alice@example.com";
  report.ttls.emplace_back().type = "alice@example.com";
  report.biggest = {key("alice@example.com:1", 9)};
  report.biggest[0].type = "alice@example.com";
  return report;
}

TEST(KeysSession, TypesThatKeysHappenToBeginWithAreRedactedUnlessAskedFor) {
  for (const bool as_json : {false, true}) {
    KeysPlan plan;
    plan.json = as_json;
    plan.view.by_first_segment = true;
    const std::string redacted = run(plan, {script(report_of_addresses())}).output;
    EXPECT_FALSE(redacted.contains("alice")) << redacted;
    EXPECT_TRUE(redacted.contains("xxxxx@xxxxxxx.xxx")) << redacted;
    EXPECT_TRUE(redacted.contains("session")) << redacted;
    plan.view.show_keys = true;
    EXPECT_TRUE(run(plan, {script(report_of_addresses())}).output.contains("alice@example.com"));
  }
}

TEST(KeysSession, TypesOfPatternsThatWereGivenStayAsTheyAre) {
  EXPECT_TRUE(run({}, {script(report_of_addresses())}).output.contains("alice@example.com"));
}

TEST(KeysSession, TheDatabasesThatWereAskedForAreThoseOfTheSurvey) {
  Report report;
  report.role = "master";
  report.complete = true;
  KeysPlan plan;
  plan.survey.databases = {99};
  const Ended ended = run(plan, {script(report)});
  EXPECT_EQ(ended.code, 0);
  EXPECT_TRUE(ended.output.contains("Database 99 is empty or does not exist.")) << ended.output;
}

TEST(KeysSession, AFullScanOfManyKeysNeedsAYes) {
  const Ended ended = run(full_plan(), {script(sampled_report())});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.rounds, 1);
  EXPECT_TRUE(ended.messages.contains("all 2,000,000 keys of cache-1:6379")) << ended.messages;
  EXPECT_TRUE(ended.messages.contains("--yes")) << ended.messages;
  KeysPlan permitted = full_plan();
  permitted.permitted = true;
  EXPECT_EQ(run(permitted, {script(sampled_report())}).code, 0);
}

TEST(KeysSession, AFullScanOfFewKeysDoesNot) {
  Report report = sampled_report();
  report.keys = 1'000'000;
  EXPECT_EQ(run(full_plan(), {script(report)}).code, 0);
}

TEST(KeysSession, OnATerminalItAsks) {
  const Ended yes = run(full_plan(), {script(sampled_report())}, {true, "y\n"});
  EXPECT_EQ(yes.code, 0);
  EXPECT_EQ(yes.rounds, 2);
  EXPECT_TRUE(yes.messages.contains("Scan all keys? [y/N] ")) << yes.messages;
  EXPECT_TRUE(yes.output.contains("catalog acme")) << yes.output;
  for (const std::string answer : {"n\n", "\n", "\x04"}) {
    const Ended no = run(full_plan(), {script(sampled_report())}, {true, answer});
    EXPECT_EQ(no.code, 1);
    EXPECT_EQ(no.rounds, 1);
    EXPECT_EQ(no.output, "");
  }
}

TEST(KeysSession, OnATerminalThereIsABarWhichGoesAgain) {
  Script long_one = script(sampled_report());
  long_one.progress = {{400'000, 2'000'000, std::chrono::seconds(2)}};
  const Ended ended = run({}, {long_one}, {true, ""});
  EXPECT_TRUE(ended.messages.contains("\r[###-")) << ended.messages;
  EXPECT_TRUE(ended.messages.contains(" 400,000 of 2,000,000 keys")) << ended.messages;
  EXPECT_TRUE(ended.messages.ends_with(std::string(79, ' ') + "\r")) << ended.messages;
}

TEST(KeysSession, WatchingGoesOnUntilItIsInterrupted) {
  KeysPlan plan;
  plan.watch = std::chrono::milliseconds(1);
  plan.json = true;
  Report broken;
  broken.notes = {"connection reset"};
  const Ended ended =
      run(plan, {script(sampled_report()), script(broken), script(sampled_report())});
  EXPECT_EQ(ended.code, kInterrupted);
  EXPECT_EQ(ended.messages, "hitwatch keys: connection reset\n") << "and tried again";
  std::istringstream lines(ended.output);
  int objects = 0;
  for (std::string line; std::getline(lines, line); ++objects) {
    EXPECT_EQ(json::parse(line)["server"], "cache-1:6379");
  }
  EXPECT_GE(objects, 2);
}

TEST(KeysSession, WatchingWhatWasNeverThereEnds) {
  KeysPlan plan;
  plan.watch = std::chrono::milliseconds(1);
  EXPECT_EQ(run(plan, {script(Report())}).code, 1);
}

TEST(KeysSession, AReportThatNobodyCanReadIsAFailure) {
  signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  const Ends messages(false);
  boost::asio::io_context context;
  const StartSurvey start = [&](const keyspace::SurveyOptions&, Survey::Callbacks callbacks) {
    auto survey =
        std::make_shared<ScriptedSurvey>(context, script(sampled_report()), std::move(callbacks));
    survey->go();
    return survey;
  };
  EXPECT_EQ(KeysSession(context, {}, {ends[1], ends[1], messages.theirs()}, start).run(), 1);
  EXPECT_TRUE(messages.content().contains("cannot write the report"));
  close(ends[1]);
}

}  // namespace
}  // namespace hitwatch::cli
