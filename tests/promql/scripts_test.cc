// Test scripts of the query language: those beside this file, and those of the folder that
// HITWATCH_PROMQL_CONFORMANCE names.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "rules/scripts/run.h"

namespace hitwatch::scripts {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> scripts_in(const fs::path& folder) {
  std::vector<std::string> scripts;
  for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
    if (file.path().extension() == ".test") scripts.push_back(file.path());
  }
  std::ranges::sort(scripts);
  return scripts;
}

Report run_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return run_script(std::string{std::istreambuf_iterator<char>(file), {}});
}

void expect_no_failures(const std::string& path, const Report& report) {
  for (const Failure& failure : report.failures) {
    ADD_FAILURE() << fmt::format("{}:{}: {}", path, failure.line, failure.text);
  }
}

class OwnScripts : public ::testing::TestWithParam<std::string> {};

TEST_P(OwnScripts, Pass) {
  const Report report = run_file(GetParam());
  expect_no_failures(GetParam(), report);
  EXPECT_GT(report.passed, 0);
  EXPECT_EQ(report.skipped_count(), 0);
}

INSTANTIATE_TEST_SUITE_P(Folder, OwnScripts,
                         ::testing::ValuesIn(scripts_in(HITWATCH_PROMQL_SCRIPTS)),
                         [](const auto& param) { return fs::path(param.param).stem().string(); });

TEST(Conformance, HoldsButForNativeHistograms) {
  const char* const folder = std::getenv("HITWATCH_PROMQL_CONFORMANCE");
  if (folder == nullptr) GTEST_SKIP() << "HITWATCH_PROMQL_CONFORMANCE names no folder";
  std::map<std::string, std::size_t> skipped;
  for (const std::string& path : scripts_in(folder)) {
    const Report report = run_file(path);
    expect_no_failures(path, report);
    EXPECT_GT(report.passed, 0) << path;
    for (const auto& [reason, lines] : report.skipped) skipped[reason] += lines.size();
  }
  // What is skipped today: more would mean that something became unreadable.
  const std::map<std::string, std::size_t> known{{"a native histogram is expected", 23},
                                                 {"a selector reads a native histogram", 147}};
  for (const auto& [reason, count] : skipped) {
    const auto most = known.find(reason);
    EXPECT_LE(count, most == known.end() ? 0 : most->second) << reason;
  }
}

}  // namespace
}  // namespace hitwatch::scripts
