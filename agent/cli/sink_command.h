// `hitwatch sink`: a receiver of webhooks that shows what comes, and fails as it is told.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "agent/cli/sink.h"
#include "agent/net/secret.h"

namespace hitwatch::cli {

struct SinkOptions {
  std::string listen = "127.0.0.1:9099";
  SinkPlan plan;             // less its key
  net::SecretSource secret;  // of signatures
  bool json = false;
};

// Adds the subcommand; parsing fills `options`.
CLI::App* add_sink_command(CLI::App& app, SinkOptions& options);

// Until SIGINT, SIGTERM, or the messages that are waited for have come. The exit code.
int run_sink(const SinkOptions& options);

}  // namespace hitwatch::cli
