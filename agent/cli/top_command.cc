#include "agent/cli/top_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "agent/cli/daemon_request.h"
#include "agent/net/duration.h"
#include "collectors/lookups/lookup.h"

namespace hitwatch::cli {
namespace {

constexpr std::chrono::milliseconds kShortestInterval{100};
constexpr std::chrono::milliseconds kLongestInterval{3'600'000};
constexpr unsigned kMostRows = 10'000;  // that the daemon gives

constexpr const char* kTopExamples = R"(
On a terminal the table is live: q quits, h explains the other keys. Elsewhere, and with --once, it
is printed once as plain text. A URL may bring user and password: http://user:password@host:9121

Examples:
  hitwatch top
  hitwatch top --url http://cache-monitor:9121 --sort miss_ratio --window 1m
  hitwatch top --tenant 'ac*' --type catalog
  hitwatch top --layer redis --source statsd
  hitwatch top --once --limit 10
)";

std::vector<std::string> source_words() {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < lookups::kSources; ++i) {
    words.emplace_back(lookups::source_word(static_cast<lookups::Source>(i)));
  }
  return words;
}

void set_interval(TopOptions& options, const std::string& text) {
  const auto interval = net::parse_duration(text);
  if (!interval) throw CLI::ValidationError("--interval", "'" + text + "' is " + interval.error());
  if (*interval < kShortestInterval || *interval > kLongestInterval) {
    throw CLI::ValidationError("--interval", "must be from 100ms to 1h");
  }
  options.interval = *interval;
}

void set_window(TopOptions& options, const std::string& word) {
  const auto found = std::ranges::find(kWindowWords, word);
  options.query.window = static_cast<Window>(found - kWindowWords.begin());
}

}  // namespace

CLI::App* add_top_command(CLI::App& app, TopOptions& options) {
  CLI::App* command = app.add_subcommand("top", "Show hits, misses and latencies, live");
  command->footer(kTopExamples);
  add_daemon_url_option(*command, options.url);
  command
      ->add_option_function<std::string>(
          "--interval", [&options](const std::string& text) { set_interval(options, text); },
          "How often to ask it")
      ->default_str("2s");
  command
      ->add_option_function<std::string>(
          "--sort",
          [&options](const std::string& word) {
            options.query.sort = parse_sort_key(word).value_or(SortKey::kMisses);
          },
          "The column to sort by")
      ->check(CLI::IsMember(sort_words()))
      ->default_str("misses");
  command
      ->add_option_function<std::string>(
          "--window", [&options](const std::string& word) { set_window(options, word); },
          "The time that figures are given for")
      ->check(CLI::IsMember(std::vector<std::string>(kWindowWords.begin(), kWindowWords.end())))
      ->default_str("5m");
  command->add_option("--tenant", options.query.tenant, "Only tenants that match this glob");
  command->add_option("--type", options.query.type, "Only types that match this glob");
  command->add_option("--layer", options.query.layer, "Only this layer, such as redis");
  command->add_option("--source", options.query.source, "Only lookups that were reported this way")
      ->check(CLI::IsMember(source_words()));
  command->add_option("--limit", options.query.limit, "At most so many rows")
      ->check(CLI::Range(1U, kMostRows))
      ->capture_default_str();
  command->add_option("--min-lookups", options.query.min_lookups,
                      "Only rows with so many lookups in the window");
  command->add_flag("--once", options.once, "Print one table and end");
  return command;
}

}  // namespace hitwatch::cli
