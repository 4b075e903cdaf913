#include "agent/cli/test_promql.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "rules/scripts/run.h"

namespace hitwatch::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kFailed = 1;
constexpr int kUnreadable = 2;
constexpr std::uintmax_t kMostBytes = 64U << 20U;

constexpr const char* kTestPromqlExamples = R"(
Scripts load samples, evaluate expressions and say what is expected; the format is that of
Prometheus' engine tests. What native histograms would be needed for is skipped, with the reason.

Prints a line per script, `FILE: passed/failed/skipped`, and below it what failed. Exits with 1 if
something did, with 2 if a script cannot be read.

Example:
  hitwatch test promql scripts/ another.test
)";

std::optional<std::string> contents(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size > kMostBytes) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return std::nullopt;
  return text;
}

std::string counts(std::size_t passed, std::size_t failed, std::size_t skipped) {
  return fmt::format("{} passed, {} failed, {} skipped", passed, failed, skipped);
}

void print(const std::string& path, const scripts::Report& report) {
  fmt::print("{}: {}\n", path,
             counts(report.passed, report.failures.size(), report.skipped_count()));
  for (const scripts::Failure& failure : report.failures) {
    fmt::print("  {}:{}: {}\n", path, failure.line, failure.text);
  }
  for (const auto& [reason, lines] : report.skipped) {
    fmt::print("  skipped {}: {}\n", lines.size(), reason);
  }
}

int fail(const std::string& text) {
  fmt::print(stderr, "hitwatch test promql: {}\n", text);
  return kUnreadable;
}

}  // namespace

CLI::App* add_test_promql_command(CLI::App& test, TestPromqlOptions& options) {
  CLI::App* command = test.add_subcommand("promql", "Run test scripts of the query language");
  command->footer(kTestPromqlExamples);
  command->add_option("PATH", options.paths, "Scripts, or folders with *.test")->required();
  return command;
}

std::expected<std::vector<std::string>, std::string> find_scripts(
    const std::vector<std::string>& paths) {
  std::vector<std::string> scripts;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      scripts.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (fs::directory_iterator file(path, error), end; !error && file != end;
         file.increment(error)) {
      if (file->path().extension() == ".test") found.push_back(file->path());
    }
    if (error) return std::unexpected(fmt::format("cannot read {}: {}", path, error.message()));
    if (found.empty()) return std::unexpected(fmt::format("{} has no *.test", path));
    std::ranges::sort(found);
    scripts.insert(scripts.end(), found.begin(), found.end());
  }
  return scripts;
}

int test_promql(const TestPromqlOptions& options) {
  const auto paths = find_scripts(options.paths);
  if (!paths) return fail(paths.error());
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  for (const std::string& path : *paths) {
    const auto text = contents(path);
    if (!text) return fail(fmt::format("cannot read {}", path));
    const scripts::Report report = scripts::run_script(*text);
    print(path, report);
    passed += report.passed;
    failed += report.failures.size();
    skipped += report.skipped_count();
  }
  if (paths->size() > 1) fmt::print("all: {}\n", counts(passed, failed, skipped));
  return failed == 0 ? 0 : kFailed;
}

}  // namespace hitwatch::cli
