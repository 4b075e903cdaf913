#include "agent/cli/tap_command.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <net/if.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/cli/keys_subject.h"
#include "agent/cli/terminal_text.h"
#include "agent/config/config.h"

namespace hitwatch::cli {
namespace {

using Failure = std::unexpected<std::string>;

constexpr std::uint16_t kRedisPort = 6379;
constexpr unsigned kLongestWatch = 7 * 24 * 3600;  // seconds
constexpr std::chrono::seconds kUsualWatch{10};
constexpr std::size_t kMostTapRows = 1000;

constexpr const char* kTapExamples = R"(
Listens on the wire, without touching servers or applications: what is asked for and whether it was
there, how long the server took, bytes, hot keys and big values, by key pattern. Where no patterns are
given or configured it proposes some; --suggest prints these for the configuration.

Run it where the server runs, or the application: it sees what passes the interface. It needs the
capability CAP_NET_RAW, with --netns CAP_SYS_ADMIN, too. TLS and UNIX sockets cannot be seen.

On a terminal the table is live; q or Ctrl-C ends it and prints what was seen. Elsewhere, and with
--once, --json or --suggest, that is printed after --seconds.

Examples:
  sudo hitwatch tap
  sudo hitwatch tap --interface eth0 --port 6379 --port 6380 --sample 1/10
  sudo hitwatch tap --suggest --seconds 60 > keys.yaml
  sudo hitwatch tap --config /etc/hitwatch/hitwatch.yaml --json | jq '.patterns[0]'
  hitwatch tap --read capture.pcap
  tcpdump -i eth0 -U -w - port 6379 | hitwatch tap --read -
)";

void set_sample(TapOptions& options, std::string_view text) {
  const auto one_of = tap::parse_sample(text);
  if (!one_of) throw CLI::ValidationError("--sample", fmt::format("'{}' {}", text, one_of.error()));
  options.one_of = *one_of;
}

void add_subject_options(CLI::App& command, TapOptions& options) {
  CLI::Option* const read =
      command.add_option("--read", options.capture_file,
                         "Read a capture (pcap, pcapng) instead; '-' is standard input");
  const auto several = [](CLI::Option* option) {
    option->expected(1)->allow_extra_args(false)->take_all();
    return option;
  };
  several(command.add_option("--interface", options.interfaces,
                             "Network interface; may be given several times (lo)"))
      ->excludes(read);
  several(command.add_option("--port", options.ports,
                             "Port of servers; may be given several times (6379)"))
      ->check(CLI::Range(1, 65535));
  command.add_option_function<std::string>(
      "--sample", [&options](const std::string& text) { set_sample(options, text); },
      "Share of the connections to look at, such as 1/10");
  several(command.add_option("--netns", options.network_namespaces,
                             "Network namespace to listen in too: a name of ip netns, a process "
                             "id or a path; may be given several times"))
      ->excludes(read);
  command.add_option("--config", options.config_file,
                     "Configuration file (YAML): its key patterns, and what it says of the tap");
  several(command.add_option("--pattern", options.patterns,
                             "A key pattern such as 'catalog:{tenant}:*'; may be given several "
                             "times; --suggest proposes without them"));
  command.add_option("--seconds", options.seconds, "End after so many seconds")
      ->check(CLI::Range(1U, kLongestWatch))
      ->excludes(read);
}

void add_output_options(CLI::App& command, TapOptions& options) {
  command.add_flag("--once", options.once, "No live table, only what was seen at the end");
  CLI::Option* const json = command.add_flag_callback(
      "--json", [&options] { options.output = TapOutput::kJson; },
      "One JSON object with all that was seen");
  command
      .add_flag_callback(
          "--suggest", [&options] { options.output = TapOutput::kSuggestion; },
          "Print the section 'keys' of a configuration, with patterns made of what was seen")
      ->excludes(json);
  command.add_option("--limit", options.limit, "At most so many rows of the table")
      ->check(CLI::Range(std::size_t{1}, kMostTapRows))
      ->capture_default_str();
}

// Two rings at one interface would only cost.
template <typename Item>
void drop_repeated(std::vector<Item>& items) {
  std::vector<Item> once;
  for (Item& item : items) {
    if (std::ranges::find(once, item) == once.end()) once.push_back(std::move(item));
  }
  items = std::move(once);
}

// Why no interface can have this name, or should be tapped by it; "" if one can.
std::string name_fault(const std::string& name) {
  if (name.empty()) return "an interface has no name";
  if (name.size() >= IFNAMSIZ) {
    return fmt::format("'{}' is no name of an interface: they have {} bytes at most",
                       printable(name), IFNAMSIZ - 1);
  }
  if (name == "any") return "'any' would capture packets several times: name the interfaces";
  return "";
}

std::string subject_of(const TapOptions& options, const tap::Options& tap) {
  std::string text = options.capture_file.empty()
                         ? fmt::format("{}", fmt::join(tap.interfaces, ", "))
                         : options.capture_file;
  if (text == "-") text = "standard input";
  text += fmt::format(", port {}", fmt::join(tap.ports, ", "));
  if (tap.one_of > 1) text += fmt::format(", 1/{} of the connections", tap.one_of);
  return text;
}

// The rules by which keys are counted: none where patterns are to be proposed.
std::expected<void, std::string> add_rules(const TapOptions& options,
                                           const std::vector<keys::Rule>& configured,
                                           std::vector<keys::Rule>& out) {
  if (options.output == TapOutput::kSuggestion) return {};
  for (const std::string& text : options.patterns) {
    auto rule = rule_of_template(text);
    if (!rule) return Failure(rule.error());
    out.push_back(*std::move(rule));
  }
  out.insert(out.end(), configured.begin(), configured.end());
  if (out.size() > keys::kMaxPatterns) {
    return Failure(fmt::format("more than {} patterns", keys::kMaxPatterns));
  }
  return {};
}

}  // namespace

CLI::App* add_tap_command(CLI::App& app, TapOptions& options) {
  CLI::App* command = app.add_subcommand("tap", "Listen to what applications ask of servers");
  command->footer(kTapExamples);
  add_subject_options(*command, options);
  add_output_options(*command, options);
  return command;
}

std::expected<TapWork, std::string> plan_tap(const TapOptions& options, bool has_terminal) {
  config::Config config;
  if (!options.config_file.empty()) {
    auto loaded = config::load_file(options.config_file);
    if (!loaded) return Failure(config::to_string(loaded.error().front()));
    config = *std::move(loaded);
  }
  TapWork work{.tap = config.tap, .rules = {}, .plan = {}};
  if (const auto added = add_rules(options, config.keys.patterns, work.rules); !added) {
    return Failure(added.error());
  }
  if (!options.interfaces.empty()) work.tap.interfaces = options.interfaces;
  if (!options.ports.empty()) work.tap.ports = options.ports;
  if (work.tap.ports.empty()) work.tap.ports = {kRedisPort};
  drop_repeated(work.tap.interfaces);
  drop_repeated(work.tap.ports);
  if (work.tap.ports.size() > packets::PortFilter::kMaxPorts) {
    return Failure(fmt::format("more than {} ports", packets::PortFilter::kMaxPorts));
  }
  if (options.one_of) work.tap.one_of = *options.one_of;
  if (!options.network_namespaces.empty()) {
    work.tap.network_namespaces = options.network_namespaces;
  }
  drop_repeated(work.tap.network_namespaces);
  for (const std::string& name : work.tap.interfaces) {
    if (const std::string fault = name_fault(name); !fault.empty()) return Failure(fault);
  }
  if (work.tap.interfaces.size() > tap::kMaxInterfaces) {
    return Failure(fmt::format("more than {} interfaces", tap::kMaxInterfaces));
  }
  if (work.tap.network_namespaces.size() > tap::kMaxNetworkNamespaces) {
    return Failure(fmt::format("more than {} network namespaces", tap::kMaxNetworkNamespaces));
  }
  work.tap.enabled = true;
  const bool is_live = options.output == TapOutput::kText && !options.once && has_terminal;
  work.plan = {.subject = subject_of(options, work.tap),
               .duration = is_live ? std::nullopt : std::optional(kUsualWatch),
               .output = options.output,
               .once = options.once,
               .limit = options.limit};
  if (options.seconds) work.plan.duration = std::chrono::seconds(*options.seconds);
  return work;
}

}  // namespace hitwatch::cli
