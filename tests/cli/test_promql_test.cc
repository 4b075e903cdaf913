// `hitwatch test promql`: which scripts are run, what is printed and how it ends.
#include "agent/cli/test_promql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace hitwatch::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TestPromql : public ::testing::Test {
 protected:
  TestPromql() {
    std::string pattern = fs::temp_directory_path() / "hitwatch-scripts-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~TestPromql() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name) << text;
    return path(name);
  }
  // The exit code; what was printed is kept.
  int run(std::vector<std::string> paths) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = test_promql({.paths = std::move(paths)});
    out_ = testing::internal::GetCapturedStdout();
    error_ = testing::internal::GetCapturedStderr();
    return code;
  }

  fs::path folder_;
  std::string out_;
  std::string error_;
};

constexpr std::string_view kPasses = "eval instant at 0 1 + 1\n  2\n";
constexpr std::string_view kFails = "eval instant at 0 1 + 1\n  3\n";

TEST_F(TestPromql, CountsWhatPasses) {
  const std::string script = write("a.test", kPasses);
  EXPECT_EQ(run({script}), 0);
  EXPECT_EQ(out_, script + ": 1 passed, 0 failed, 0 skipped\n");
}

TEST_F(TestPromql, SaysWhatFailsAndWhere) {
  const std::string script = write("a.test", kFails);
  EXPECT_EQ(run({script}), 1);
  EXPECT_EQ(out_, script + ": 0 passed, 1 failed, 0 skipped\n  " + script +
                      ":1: 1 + 1\n  expected 3, got 2\n");
}

TEST_F(TestPromql, SaysWhyItSkips) {
  const std::string script =
      write("a.test", "load 1m\n  x {{sum:1}}\n\neval instant at 0 x\n  x {{sum:1}}\n");
  EXPECT_EQ(run({script}), 0);
  EXPECT_THAT(out_, HasSubstr("  skipped 1: a native histogram is expected\n"));
}

TEST_F(TestPromql, TakesTheScriptsOfAFolderInTheirOrder) {
  write("b.test", kPasses);
  write("a.test", kFails);
  write("c.txt", "no script\n");
  const auto scripts = find_scripts({folder_, "other"});
  ASSERT_TRUE(scripts);
  EXPECT_THAT(*scripts, ElementsAre(path("a.test"), path("b.test"), "other"));
  EXPECT_EQ(run({folder_}), 1);
  EXPECT_THAT(out_, StartsWith(path("a.test")));
  EXPECT_THAT(out_, HasSubstr("all: 1 passed, 1 failed, 0 skipped\n"));
}

TEST_F(TestPromql, EndsWithTwoWhereThereIsNothingToRun) {
  EXPECT_EQ(run({path("none.test")}), 2);
  EXPECT_THAT(error_, HasSubstr("cannot read " + path("none.test")));
  EXPECT_EQ(run({folder_}), 2);
  EXPECT_THAT(error_, HasSubstr("has no *.test"));
}

}  // namespace
}  // namespace hitwatch::cli
