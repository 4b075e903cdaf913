// `hitwatch test promql`: runs test scripts of the query language.
#pragma once

#include <CLI/App.hpp>
#include <expected>
#include <string>
#include <vector>

namespace hitwatch::cli {

struct TestPromqlOptions {
  std::vector<std::string> paths;  // scripts, and folders whose *.test are meant
};

// Adds the subcommand to `hitwatch test`; parsing fills `options`.
CLI::App* add_test_promql_command(CLI::App& test, TestPromqlOptions& options);

// The exit code: 1 if an expression of any script fails, 2 if a path cannot be read or there is no
// script.
int test_promql(const TestPromqlOptions& options);

// The scripts that paths name, those of a folder in the order of their names. The error is a
// sentence.
std::expected<std::vector<std::string>, std::string> find_scripts(
    const std::vector<std::string>& paths);

}  // namespace hitwatch::cli
