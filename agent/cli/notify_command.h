// `hitwatch notify …`: tries notifications, explains routes, shows what a daemon has not delivered.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "agent/cli/daemon_url.h"

namespace hitwatch::cli {

struct NotifyOptions {
  std::string config_file;  // "": the service's, if there is one
  std::string receiver;     // "": those that the test alert reaches
  std::string webhook;      // a URL instead of the configuration's receivers; never print it
  std::vector<std::string> labels;
  DaemonUrl pending_url;  // of each command its own: a default counts as given, after the others
  DaemonUrl dead_url;
  DaemonUrl resend_url;
  std::vector<std::string> ids;
  bool all = false;
  bool json = false;
};

// The commands below `notify`; parsing fills the options that they share.
struct NotifyCommands {
  const CLI::App* test;
  const CLI::App* routes;
  const CLI::App* pending;
  const CLI::App* dead;
  const CLI::App* resend;
};
NotifyCommands add_notify_commands(CLI::App& notify, NotifyOptions& options);

// Runs the one that was parsed, if any. The exit code.
int run_notify(const NotifyCommands& commands, const NotifyOptions& options);

}  // namespace hitwatch::cli
