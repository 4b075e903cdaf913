// The arguments of `hitwatch tap`.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "agent/cli/tap_session.h"
#include "collectors/keys/matcher.h"
#include "collectors/tap/options.h"
#include "collectors/tap/packets/port_filter.h"

namespace hitwatch::cli {

// As the command line has it.
struct TapOptions {
  std::vector<std::string> interfaces;
  std::vector<std::uint16_t> ports;
  std::optional<std::uint32_t> one_of;
  std::vector<std::string> network_namespaces;
  std::string config_file;
  std::vector<std::string> patterns;  // templates, before those of the configuration
  std::string capture_file;           // read instead of watching; "-" is standard input
  std::optional<unsigned> seconds;
  TapOutput output = TapOutput::kText;
  bool once = false;
  std::size_t limit = 20;
};

// Adds the subcommand; parsing fills `options`.
CLI::App* add_tap_command(CLI::App& app, TapOptions& options);

// What is to be done.
struct TapWork {
  tap::Options tap;
  std::vector<keys::Rule> rules;
  TapPlan plan;

  packets::PortFilter filter() const { return {.ports = tap.ports, .one_of = tap.one_of}; }
};
// The command line over the configuration, and that over what is usual: all connections to port
// 6379 on the loopback interface. Without a terminal, and where no live table is wanted, ten
// seconds of it.
std::expected<TapWork, std::string> plan_tap(const TapOptions& options, bool has_terminal);

// The exit code.
int run_tap(const TapOptions& options);

}  // namespace hitwatch::cli
