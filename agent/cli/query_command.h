// `hitwatch query`: evaluates an expression in a running daemon.
#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <string>

#include "agent/cli/daemon_url.h"

namespace hitwatch::cli {

struct QueryOptions {
  DaemonUrl url;
  std::string expr;
  std::string time;   // "": now. As the API takes it.
  std::string start;  // of a range query, with the next two
  std::string end;
  std::string step;
  bool json = false;
};

// Adds the subcommand; parsing fills `options`.
CLI::App* add_query_command(CLI::App& app, QueryOptions& options);

// The exit code: 0, or 1 if there is no result.
int run_query(const QueryOptions& options);

}  // namespace hitwatch::cli
