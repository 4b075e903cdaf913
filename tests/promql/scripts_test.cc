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

// How many evals of a file are skipped today, because they expect a native histogram or read one:
// more would mean that something became unreadable. Other files may skip what they like.
const std::map<std::string, std::size_t> kSkipped{{"collision", 0}, {"functions", 98},
                                                  {"literals", 0},  {"operators", 72},
                                                  {"selectors", 0}, {"trig_functions", 0}};

TEST(Conformance, HoldsButForNativeHistograms) {
  const char* const folder = std::getenv("HITWATCH_PROMQL_CONFORMANCE");
  if (folder == nullptr) return;  // the scripts are not part of this project
  for (const std::string& path : scripts_in(folder)) {
    const Report report = run_file(path);
    expect_no_failures(path, report);
    EXPECT_GT(report.passed, 0) << path;
    const auto known = kSkipped.find(fs::path(path).stem());
    if (known == kSkipped.end()) continue;
    EXPECT_LE(report.skipped_count(), known->second) << path;
    for (const auto& [reason, lines] : report.skipped) {
      EXPECT_NE(reason.find("native histogram"), reason.npos) << reason;
    }
  }
}

}  // namespace
}  // namespace hitwatch::scripts
