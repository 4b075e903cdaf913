// `check rules` and `test rules`: what is printed where, and the exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "agent/cli/check_rules.h"
#include "agent/cli/test_rules.h"

namespace hitwatch::cli {
namespace {

using testing::HasSubstr;

class RulesCommands : public testing::Test {
 protected:
  RulesCommands() {
    std::string name = (std::filesystem::temp_directory_path() / "rules-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~RulesCommands() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  struct Printed {
    int code;
    std::string out;
    std::string err;
  };
  template <typename Command>
  static Printed printed(Command command) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = command();
    std::fflush(stdout);
    return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }
  static Printed check(const CheckRulesOptions& options) {
    return printed([&] { return check_rules(options); });
  }

  std::filesystem::path folder_;
};

constexpr const char* kGood = "groups: [{name: g, rules: [{record: a, expr: up}]}]\n";
constexpr const char* kBad = "groups: [{name: g, rules: [{record: a, expr: up +}]}]\n";
constexpr const char* kTwice =
    "groups: [{name: g, rules: [{record: a, expr: up}, {record: a, expr: down}]}]\n";

TEST_F(RulesCommands, AGoodFileIsCounted) {
  const std::string file = write("good.yml", kGood);
  const Printed said = check({.files = {file}});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.out, "Checking " + file + "\n  SUCCESS: 1 rules found\n\n");
  EXPECT_EQ(said.err, "");
}

TEST_F(RulesCommands, WhatIsWrongIsSaidOnTheStandardErrorAndOtherFilesAreChecked) {
  const std::string bad = write("bad.yml", kBad);
  const std::string good = write("good.yml", kGood);
  const Printed said = check({.files = {bad, good}});
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(said.out,
            "Checking " + bad + "\n\nChecking " + good + "\n  SUCCESS: 1 rules found\n\n");
  EXPECT_THAT(said.err, testing::StartsWith("  FAILED:\n" + bad + ":1:"));
  EXPECT_THAT(said.err, HasSubstr("group \"g\", rule 1, \"a\": expr: 1:5: "));
}

TEST_F(RulesCommands, DuplicatesFailOnlyIfAsked) {
  const std::string file = write("twice.yml", kTwice);
  const Printed said = check({.files = {file}});
  EXPECT_EQ(said.code, 0);
  EXPECT_THAT(said.err, testing::StartsWith("  FAILED:\nlint error 1 duplicate rule(s) found.\n"));
  EXPECT_EQ(check({.files = {file}, .lint_fatal = true}).code, 3);
  const Printed unlinted =
      check({.files = {file}, .lint = CheckRulesOptions::Lint::kNone, .lint_fatal = true});
  EXPECT_EQ(unlinted.code, 0);
  EXPECT_THAT(unlinted.out, HasSubstr("SUCCESS: 2 rules found"));
  EXPECT_EQ(check({.files = {file, write("bad.yml", kBad)}, .lint_fatal = true}).code, 1);
}

TEST_F(RulesCommands, AFileThatIsNotThereFails) {
  const Printed said = check({.files = {folder_ / "none.yml"}});
  EXPECT_EQ(said.code, 1);
  EXPECT_THAT(said.err, HasSubstr("none.yml: cannot be read"));
}

TEST_F(RulesCommands, UnitTestsThatPassAndFail) {
  constexpr const char* kTest = "tests: [{promql_expr_test: [{expr: '1', eval_time: 0}]}]\n";
  const std::string fails = write("fails.yml", kTest);
  const std::string passes = write("passes.yml", "rule_files: [none.yml]\ntests: []\n");
  const Printed said = printed([&] { return test_rules({.files = {fails, passes}}); });
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(said.out,
            "Unit Testing:  " + fails + "\n\nUnit Testing:  " + passes + "\n  SUCCESS\n\n");
  EXPECT_THAT(said.err, testing::StartsWith("  FAILED:\n    expr: \"1\", time: 0s,\n"
                                            "        exp: nil\n        got: {} 1E+00\n"));
  EXPECT_THAT(said.err, HasSubstr("  WARNING: no file match pattern "));
  EXPECT_EQ(printed([&] { return test_rules({.files = {passes}}); }).code, 0);
}

}  // namespace
}  // namespace hitwatch::cli
