#include "agent/cli/exporter_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "agent/cli/exporter_flag_table.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::cli {
namespace {

constexpr std::string_view kRepeatable = "web.scrape-allow";

// A flag on the command line, as Go's package flag reads it: one dash or two, `name=value`, or the
// value as the next argument unless the flag is boolean.
struct Given {
  std::string name;
  std::optional<std::string> value;
  const ExporterFlag* flag = nullptr;  // null for an unknown one
};

const ExporterFlag* find_flag(std::string_view name) {
  const auto flags = exporter_flags();
  const auto found = std::ranges::find(flags, name, &ExporterFlag::name);
  return found == flags.end() ? nullptr : &*found;
}

bool is_request(std::string_view name) {
  return name == "help" || name == "h" || name == "version";
}

// Takes the flag at `args[index]` and moves `index` behind it; nothing if none stands there.
std::optional<Given> take_flag(std::span<const std::string> args, std::size_t& index) {
  std::string_view text = args[index];
  if (!text.starts_with('-') || text == "-" || text == "--") return std::nullopt;
  text.remove_prefix(text.starts_with("--") ? 2 : 1);
  ++index;
  Given given;
  const std::size_t equals = text.find('=');
  given.name = text.substr(0, equals);
  given.flag = find_flag(given.name);
  if (equals != std::string_view::npos) {
    given.value = text.substr(equals + 1);
  } else if (given.flag != nullptr && given.flag->kind == FlagKind::kBool) {
    given.value = "true";
  } else if (given.flag != nullptr && index < args.size()) {
    given.value = args[index++];
  }
  return given;
}

// Booleans as strconv.ParseBool reads them.
std::optional<bool> parse_bool(std::string_view text) {
  static constexpr auto kTrue =
      std::to_array<std::string_view>({"1", "t", "T", "true", "TRUE", "True"});
  static constexpr auto kFalse =
      std::to_array<std::string_view>({"0", "f", "F", "false", "FALSE", "False"});
  if (std::ranges::find(kTrue, text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, text) != kFalse.end()) return false;
  return std::nullopt;
}

// Everything that is wrong, a line each.
class Problems {
 public:
  void add(std::string_view where, std::string_view what) {
    lines_.push_back(fmt::format("{}: {}", where, what));
  }
  void add(std::string line) { lines_.push_back(std::move(line)); }
  bool empty() const { return lines_.empty(); }
  std::string text() const { return fmt::format("{}", fmt::join(lines_, "\n")); }

 private:
  std::vector<std::string> lines_;
};

void report_unknown(const std::string& name, Problems& problems) {
  std::vector<std::string_view> names;
  for (const ExporterFlag& flag : exporter_flags()) names.push_back(flag.name);
  const std::string_view meant = yaml::nearest_word(name, names);
  problems.add(fmt::format("unknown flag {}{}", yaml::shown("--" + name),
                           meant.empty() ? "; see hitwatch exporter --help"
                                         : fmt::format(", did you mean '--{}'?", meant)));
}

// Gives `value` to the settings; `where` is the flag or the variable it came from.
void apply(const ExporterFlag& flag, std::string value, const std::string& where,
           ExporterSettings& settings, Problems& problems) {
  if (flag.kind == FlagKind::kBool) {
    const auto parsed = parse_bool(value);
    if (!parsed) return problems.add(where, "must be true or false");
    value = *parsed ? "true" : "false";
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (flag.kind == FlagKind::kInteger &&
      !(!value.empty() && std::ranges::all_of(value, is_digit))) {
    return problems.add(where, "must be a whole number");
  }
  switch (flag.support) {
    case FlagSupport::kSupported:
      if (const auto ok = flag.apply(settings, value); !ok) problems.add(where, ok.error());
      break;
    case FlagSupport::kNoEffect:
      break;
    case FlagSupport::kRefused:
      if (!value.empty() && value != "false" && value != flag.neutral) {
        problems.add(where, fmt::format("not supported: {}", flag.text));
      }
      break;
  }
}

using Arguments = std::vector<Given>;

Arguments read_arguments(std::span<const std::string> args, Problems& problems) {
  Arguments given;
  for (std::size_t index = 0; index < args.size();) {
    auto flag = take_flag(args, index);
    if (!flag) {
      // The argument could be a password that lost its flag: it is not shown.
      problems.add(fmt::format(
          "argument {} is not a flag; boolean flags take their value as --flag=false", index + 1));
      break;
    }
    if (flag->flag == nullptr) {
      report_unknown(flag->name, problems);
    } else if (!flag->value) {
      problems.add("--" + flag->name, "needs a value");
    } else {
      given.push_back(*std::move(flag));
    }
  }
  return given;
}

void apply_all(const Arguments& arguments, const config::Environment& environment,
               ExporterSettings& settings, Problems& problems) {
  for (const ExporterFlag& flag : exporter_flags()) {
    const Given* last = nullptr;
    for (const Given& given : arguments) {
      if (given.flag != &flag) continue;
      last = &given;
      if (flag.name == kRepeatable) {
        apply(flag, *given.value, "--" + given.name, settings, problems);
      }
    }
    if (flag.name == kRepeatable) continue;
    if (last != nullptr) {
      apply(flag, *last->value, "--" + last->name, settings, problems);
      continue;
    }
    if (flag.environment.empty()) continue;
    const std::string variable(flag.environment);
    const auto value = environment(variable);
    // redis_exporter ignores a boolean or a number that is set to nothing.
    if (!value || (value->empty() && flag.kind != FlagKind::kText)) continue;
    apply(flag, *value, variable, settings, problems);
  }
}

void add_credentials(const std::string& match, const std::string& username,
                     const std::string& password, const net::TlsOptions& tls,
                     config::Config& config) {
  if (username.empty() && password.empty() && tls == net::TlsOptions{}) return;
  config::Credentials credentials;
  credentials.match = match;
  credentials.username = username;
  credentials.password.literal = password;
  credentials.tls = tls;
  config.credentials.push_back(std::move(credentials));
}

void add_target(const ExporterSettings& settings, config::Config& config, Problems& problems) {
  if (settings.address.empty()) return;
  auto target = config::target_from_url(settings.address);
  if (!target) return problems.add("--redis.addr", target.error());
  if (target->username.empty()) target->username = settings.username;
  if (target->password.empty()) target->password.literal = settings.password;
  target->tls = settings.tls;
  target->origin = "--redis.addr";
  config.targets.push_back(*std::move(target));
}

// The servers of --redis.password-file may be scraped.
void add_password_file(const ExporterSettings& settings, config::Config& config,
                       Problems& problems) {
  config::Credentials credentials;
  credentials.username = settings.username;
  credentials.password_map.emplace(settings.password_file);
  if (const auto ok = credentials.password_map->check(); !ok) {
    return problems.add("--redis.password-file", ok.error().text);
  }
  const std::vector<std::string> servers = credentials.password_map->servers();
  config.credentials.push_back(std::move(credentials));
  for (const std::string& server : servers) {
    add_credentials(server, "", "", settings.tls, config);
    config.web.scrape_allow.push_back(server);
  }
}

// What several flags say together.
void finish(ExporterSettings& settings, Problems& problems) {
  config::Config& config = settings.config;
  // Who puts it in an exporter's place has rules elsewhere.
  config.rules.bundled = false;
  config.web.query_api = false;
  if (settings.debug) config.log.level = config::LogLevel::kDebug;
  if (settings.tls.cert_file.empty() != settings.tls.key_file.empty()) {
    problems.add("--tls-client-cert-file and --tls-client-key-file need each other");
  }
  add_target(settings, config, problems);
  const std::vector<std::string> patterns = config.web.scrape_allow;
  // As in redis_exporter, a password of its own flag makes the file count for nothing.
  if (settings.password.empty() && !settings.password_file.empty()) {
    add_password_file(settings, config, problems);
  }
  for (const std::string& pattern : patterns) {
    add_credentials(pattern, settings.username, settings.password, settings.tls, config);
  }
}

}  // namespace

ExporterRequest exporter_request(std::span<const std::string> args) {
  for (std::size_t index = 0; index < args.size();) {
    const auto given = take_flag(args, index);
    if (!given) break;
    if (given->flag != nullptr || !is_request(given->name)) continue;
    return given->name == "version" ? ExporterRequest::kVersion : ExporterRequest::kHelp;
  }
  return ExporterRequest::kRun;
}

std::expected<config::Config, std::string> parse_exporter_flags(
    std::span<const std::string> args, const config::Environment& environment) {
  ExporterSettings settings;
  settings.config.poll.on_scrape = true;
  // As in redis_exporter: no series but those asked for, and values of the keys asked for.
  settings.config.keys.sample.enabled = false;
  settings.config.keys.check.values = true;
  Problems problems;
  const Arguments arguments = read_arguments(args, problems);
  apply_all(arguments, environment, settings, problems);
  finish(settings, problems);
  if (!problems.empty()) return std::unexpected(problems.text());
  return std::move(settings.config);
}

std::string exporter_help() {
  std::string text =
      "Usage: hitwatch exporter [FLAGS]\n\n"
      "Takes the flags and environment variables of redis_exporter and polls on every scrape.\n"
      "Flags have one dash or two; boolean ones take a value only as --flag=false.\n\n"
      "Examples:\n"
      "  hitwatch exporter --redis.addr=redis://cache.example.org:6379\n"
      "  REDIS_PASSWORD=… hitwatch exporter --redis.addr= "
      "--web.scrape-allow='*.example.org:6379'\n\n"
      "Flags:\n";
  for (const ExporterFlag& flag : exporter_flags()) {
    if (flag.support != FlagSupport::kSupported) continue;
    text += fmt::format("  --{:<37} {}{}\n", flag.name, flag.text,
                        flag.environment.empty() ? "" : fmt::format(" [{}]", flag.environment));
  }
  text += fmt::format("  --{:<37} {}\n  --{:<37} {}\n", "help", "This text", "version",
                      "The version of this program");
  return text;
}

}  // namespace hitwatch::cli
