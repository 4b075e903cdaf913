// The arguments of `hitwatch top`.
#pragma once

#include <CLI/App.hpp>

#include "agent/cli/top.h"

namespace hitwatch::cli {

// Adds the subcommand; parsing fills `options`.
CLI::App* add_top_command(CLI::App& app, TopOptions& options);

}  // namespace hitwatch::cli
