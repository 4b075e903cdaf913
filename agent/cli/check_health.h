// `hitwatch check health`: whether a daemon answers. For health checks of containers, which have
// neither a shell nor another HTTP client.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "agent/cli/daemon_url.h"

namespace hitwatch::cli {

struct CheckHealthOptions {
  DaemonUrl url;
  bool ready = false;  // also whether every server was polled once
};

// Adds the subcommand to `hitwatch check`; parsing fills `options`.
CLI::App* add_check_health_command(CLI::App& check, CheckHealthOptions& options);

// The exit code: 0 if the answer is 200; otherwise 1, with a line that says why. Takes 5 s at most.
int check_health(const CheckHealthOptions& options);

}  // namespace hitwatch::cli
