#include "agent/cli/keys_command.h"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "agent/net/duration.h"

namespace hitwatch::cli {
namespace {

constexpr double kSampleBudget = 0.1;
constexpr double kFullBudget = 0.5;
constexpr std::chrono::milliseconds kShortestWatch{1000};
constexpr std::chrono::milliseconds kLongestWatch{24 * 3'600'000};
constexpr const char* kUsualWatch = "10s";
constexpr std::size_t kMostSampled = 10'000'000;
constexpr std::size_t kMostRows = 100'000;
constexpr int kMostDatabases = 1 << 20;

constexpr const char* kKeysExamples = R"(
Looks at a sample of the keys, or at all of them with --full, and says what they are: keys, memory
and TTLs by type and tenant, the biggest keys, keys without a TTL, keys that match no pattern.
Nothing is written to the server. Each TTL that is read counts as a hit in its keyspace_hits.

Patterns say what type and tenant of a key are: those given, then those of the configuration; the
first that matches counts. Without any, the type is what stands before the first ':', '/' or '.'.

Without URL the server is the configuration's only target, else REDIS_URL, REDIS_CONNECTION_STRING
or redis://localhost:6379. A password is taken from the URL, --password-file, the configuration or
REDISCLI_AUTH. A URL that ends /3 means the keys of database 3.

Ctrl-C prints what is known so far; a second one ends at once.

Examples:
  hitwatch keys
  hitwatch keys redis://cache-1:6379 --pattern 'catalog:{tenant}:*' --pattern '{type}:{tenant}:*'
  hitwatch keys cache-1 --config /etc/hitwatch/hitwatch.yaml --sort without_ttl
  hitwatch keys --full --budget 25%
  hitwatch keys --json | jq '.groups[0]'
  hitwatch keys --watch=30s redis://cache-1:6379
)";

// "10%": more than nothing, at most 100 %.
std::optional<double> parse_budget(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(percent > 0) || percent > 100) return std::nullopt;
  return percent / 100;
}

void set_budget(KeysOptions& options, const std::string& text) {
  options.budget = parse_budget(text);
  if (options.budget) return;
  throw CLI::ValidationError("--budget", "must be a percentage above 0% and up to 100%, as in 10%");
}

void set_watch(KeysOptions& options, const std::string& text) {
  const auto interval = net::parse_duration(text.empty() ? kUsualWatch : text);
  if (!interval) {
    throw CLI::ValidationError("--watch",
                               "what follows is no time such as 10s: " + interval.error() +
                                   "; put the URL first, or write --watch=10s URL");
  }
  if (*interval < kShortestWatch || *interval > kLongestWatch) {
    throw CLI::ValidationError("--watch", "must be from 1s to 1d");
  }
  options.plan.watch = *interval;
}

void add_server_options(CLI::App& command, KeysArguments& subject) {
  command.add_option("URL", subject.url,
                     "The server, or the name of a target of the configuration");
  command.add_option("--config", subject.config_file,
                     "Configuration file (YAML): its key patterns, and what it says of the server");
  command
      .add_option("--pattern", subject.patterns,
                  "A key pattern such as 'catalog:{tenant}:*'; may be given several times")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
  command.add_option("--database", subject.database, "Only the keys of this database")
      ->check(CLI::Range(0, kMostDatabases));
  command.add_option("--user", subject.username, "User to log in as");
  command.add_option("--password-file", subject.password_file, "File with the password");
  command.add_option("--cacert", subject.ca_file, "With rediss://: certificate authorities (PEM)");
  command.add_option("--cert", subject.cert_file, "With rediss://: own certificate (PEM)");
  command.add_option("--key", subject.key_file, "With rediss://: its key (PEM)");
  command.add_flag("--insecure", subject.insecure,
                   "With rediss://: do not verify the server's certificate");
}

void add_survey_options(CLI::App& command, KeysOptions& options) {
  command.add_flag("--full", options.plan.survey.full, "Look at every key instead of a sample");
  command.add_option("--size", options.plan.survey.size, "How many keys to sample")
      ->check(CLI::Range(std::size_t{1}, kMostSampled))
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--budget", [&options](const std::string& text) { set_budget(options, text); },
          "The share of the server's time to take at most")
      ->default_str("10%, with --full 50%");
  command.add_flag("--yes", options.plan.permitted,
                   "With --full: do not ask before more than a million keys");
  command
      .add_option_function<std::string>(
          "--watch", [&options](const std::string& text) { set_watch(options, text); },
          "Look again and again, with so much time in between")
      ->expected(0, 1)
      ->default_str(kUsualWatch);
}

void add_view_options(CLI::App& command, KeysOptions& options) {
  command
      .add_option_function<std::string>(
          "--sort",
          [&options](const std::string& word) {
            options.plan.view.sort = parse_keys_sort(word).value_or(KeysSort::kMemory);
          },
          "The column that the table is sorted by")
      ->check(CLI::IsMember(keys_sort_words()))
      ->default_str("memory");
  command.add_option("--limit", options.plan.view.limit, "At most so many rows of the table")
      ->check(CLI::Range(std::size_t{1}, kMostRows))
      ->capture_default_str();
  command.add_flag("--show-keys", options.plan.view.show_keys, "Names of keys in full");
  command.add_flag("--json", options.plan.json,
                   "One JSON object, with --watch one a line; without regard to --sort, --limit");
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

KeysPlan plan_of(const KeysOptions& options, const KeysSubject& subject) {
  KeysPlan plan = options.plan;
  plan.view.by_first_segment = subject.by_first_segment;
  plan.survey.budget = options.budget.value_or(plan.survey.full ? kFullBudget : kSampleBudget);
  plan.survey.databases = subject.databases;
  plan.survey.session = subject.session;
  plan.survey.instance = subject.target.name();
  return plan;
}

}  // namespace

CLI::App* add_keys_command(CLI::App& app, KeysOptions& options) {
  CLI::App* command = app.add_subcommand("keys", "Say what the keys of a server are");
  command->footer(kKeysExamples);
  add_server_options(*command, options.subject);
  add_survey_options(*command, options);
  add_view_options(*command, options);
  return command;
}

int run_keys(const KeysOptions& options) {
  auto subject = find_subject(options.subject, environment);
  if (!subject) {
    fmt::print(stderr, "hitwatch keys: {}\n", subject.error());
    return 1;
  }
  boost::asio::io_context context(1);
  net::Resolver resolver(context.get_executor());
  net::TlsContexts tls_contexts;
  redis::ProbeLedger ledger;
  const auto remembered = keyspace::make_remembered();
  const auto matcher = std::make_shared<keys::Matcher>(subject->rules);
  const StartSurvey start = [&](keyspace::SurveyOptions survey,
                                keyspace::Survey::Callbacks callbacks) {
    return keyspace::Survey::start(context.get_executor(), resolver, tls_contexts, subject->target,
                                   std::move(survey), matcher, ledger, remembered,
                                   std::move(callbacks));
  };
  const KeysConsole console{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  return KeysSession(context, plan_of(options, *subject), console, start).run();
}

}  // namespace hitwatch::cli
