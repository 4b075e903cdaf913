// The flags and environment variables of redis_exporter, understood as that program does: what
// starts it starts `hitwatch exporter` too.
#pragma once

#include <expected>
#include <span>
#include <string>

#include "agent/config/config.h"
#include "agent/config/environment.h"

namespace hitwatch::cli {

// What the arguments (without program and subcommand) ask for before anything else.
enum class ExporterRequest { kRun, kHelp, kVersion };
ExporterRequest exporter_request(std::span<const std::string> args);

// The configuration that flags, and the environment where a flag is not given, ask for. Polls
// happen on scrape. The target, if any, has no alias. Fails with one sentence a line for all that
// is wrong: unknown flags, bad values, and flags of redis_exporter that would change something and
// are not supported, each with what to do instead. Values are not repeated where they can be
// secret.
//
// Beside its target, the daemon may then scrape the addresses of --redis.password-file and of
// --web.scrape-allow; user, password and TLS options of the flags go to those too, as in
// redis_exporter, and to no other address.
std::expected<config::Config, std::string> parse_exporter_flags(
    std::span<const std::string> args, const config::Environment& environment);

// The text of `hitwatch exporter --help`.
std::string exporter_help();

}  // namespace hitwatch::cli
