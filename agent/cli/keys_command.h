// `hitwatch keys`: what the keys of a server are, by type and tenant.
#pragma once

#include <CLI/App.hpp>

#include "agent/cli/keys_session.h"
#include "agent/cli/keys_subject.h"

namespace hitwatch::cli {

struct KeysOptions {
  KeysArguments subject;
  std::optional<double> budget;  // of the server's time; by default more for full scans
  KeysPlan plan;
};

// Adds the subcommand; parsing fills `options`.
CLI::App* add_keys_command(CLI::App& app, KeysOptions& options);

// The exit code.
int run_keys(const KeysOptions& options);

}  // namespace hitwatch::cli
