#include "agent/cli/keys_subject.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "agent/config/config.h"
#include "agent/net/secret.h"

namespace hitwatch::cli {
namespace {

using config::Config;
using redis::Target;
using Failure = std::unexpected<std::string>;

std::expected<Config, std::string> load(const std::string& file) {
  if (file.empty()) return Config{};
  auto config = config::load_file(file);
  if (!config) return Failure(yaml::to_string(config.error()));
  return *std::move(config);
}

// The targets of the configuration and of the lists that it names.
std::expected<std::vector<Target>, std::string> all_targets(const Config& config) {
  std::vector<Target> targets = config.targets;
  for (const config::TargetFiles& files : config.target_files) {
    for (const std::string& path : config::expand_glob(files.glob)) {
      auto listed = config::load_target_list(path);
      if (!listed) return Failure(yaml::to_string(listed.error()));
      targets.insert(targets.end(), listed->targets.begin(), listed->targets.end());
    }
  }
  for (Target& target : targets) config::apply_credentials(target, config.credentials);
  return targets;
}

std::string name_list(const std::vector<Target>& targets) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(targets.size(), kMost); ++i) {
    text += (i == 0 ? "" : ", ") + targets[i].name();
  }
  if (targets.size() > kMost) text += fmt::format(" and {} more", targets.size() - kMost);
  return text;
}

// Whether a URL says that it means database 0, which it need not say.
bool names_database_zero(const std::string& url) {
  return !url.starts_with('/') && (url.ends_with("/0") || url.ends_with("?db=0"));
}

// The same server, spoken to in the same way: a password for TLS is not sent without.
bool is_same(const Target& target, const Target& known, bool has_scheme) {
  return known.url.address() == target.url.address() &&
         (!has_scheme || known.url.tls == target.url.tls);
}

// What the URL leaves open is taken from the configuration's target of the same address.
void fill_in(Target& target, const Target& known) {
  target.url.tls = known.url.tls;
  target.alias = known.alias;
  if (target.tls == net::TlsOptions{}) target.tls = known.tls;
  if (!target.password.empty()) return;
  if (!target.username.empty() && target.username != known.username) return;
  target.username = known.username;
  target.password = known.password;
  target.password_lookups = known.password_lookups;
}

struct Found {
  Target target;
  std::vector<int> databases;
};

std::vector<int> databases_of(const Target& target) {
  if (target.url.database != 0) return {target.url.database};
  return target.databases;
}

std::expected<Found, std::string> from_url(const std::string& origin, const std::string& url,
                                           const std::vector<Target>& targets,
                                           const Config& config) {
  auto target = config::target_from_url(url);
  if (!target) {
    return Failure(origin == "command line" ? target.error() : origin + ": " + target.error());
  }
  std::vector<int> databases = databases_of(*target);
  if (names_database_zero(url)) databases = {0};
  const bool has_scheme = url.contains("://");
  const auto same = std::ranges::find_if(
      targets, [&](const Target& known) { return is_same(*target, known, has_scheme); });
  if (same != targets.end()) fill_in(*target, *same);
  config::apply_credentials(*target, config.credentials);
  return Found{*std::move(target), std::move(databases)};
}

std::expected<Found, std::string> find_server(const std::string& url, const Config& config,
                                              const config::Environment& environment) {
  const auto targets = all_targets(config);
  if (!targets) return Failure(targets.error());
  if (!url.empty()) {
    const auto named = std::ranges::find(*targets, url, &Target::name);
    if (named != targets->end()) return Found{*named, databases_of(*named)};
    return from_url("command line", url, *targets, config);
  }
  if (targets->size() == 1) return Found{targets->front(), databases_of(targets->front())};
  if (targets->size() > 1) {
    return Failure("the configuration has several targets; name one of " + name_list(*targets));
  }
  // Which servers these have now only they know, and it is one of these that is meant.
  if (!config.sentinels.empty() || !config.clusters.empty()) {
    return Failure(
        "the configuration names its servers by sentinels and clusters only; name the address of "
        "one of them");
  }
  const auto [origin, text] = default_url(environment);
  return from_url(origin, text, *targets, config);
}

std::expected<void, std::string> add_access(const KeysArguments& arguments,
                                            const config::Environment& environment,
                                            Target& target) {
  if (!arguments.username.empty()) target.username = arguments.username;
  if (!arguments.password_file.empty()) {
    target.password = {.literal = "", .file = arguments.password_file, .environment = ""};
  }
  constexpr const char* kPassword = "REDISCLI_AUTH";
  if (target.password.empty() && !environment(kPassword).value_or("").empty()) {
    target.password.environment = kPassword;
  }
  // The connection would say so too, but later.
  if (const auto secret = net::read_secret(target.password); !secret) {
    return Failure(secret.error().text);
  }
  if (!arguments.ca_file.empty()) target.tls.ca_file = arguments.ca_file;
  if (!arguments.cert_file.empty()) target.tls.cert_file = arguments.cert_file;
  if (!arguments.key_file.empty()) target.tls.key_file = arguments.key_file;
  if (arguments.insecure) target.tls.insecure_skip_verify = true;
  const bool speaks_of_tls = !arguments.ca_file.empty() || !arguments.cert_file.empty() ||
                             !arguments.key_file.empty() || arguments.insecure;
  if (speaks_of_tls && !target.url.tls) {
    return Failure("--cacert, --cert, --key and --insecure are for TLS: the URL begins rediss://");
  }
  return {};
}

std::expected<std::vector<keys::Rule>, std::string> find_rules(const KeysArguments& arguments,
                                                               const Config& config) {
  std::vector<keys::Rule> rules;
  for (const std::string& text : arguments.patterns) {
    auto rule = rule_of_template(text);
    if (!rule) return Failure(rule.error());
    rules.push_back(*std::move(rule));
  }
  rules.insert(rules.end(), config.keys.patterns.begin(), config.keys.patterns.end());
  if (rules.size() > keys::kMaxPatterns) {
    return Failure(fmt::format("more than {} patterns", keys::kMaxPatterns));
  }
  return rules;
}

std::vector<keys::Rule> first_segments() {
  std::vector<keys::Rule> rules;
  for (const char* text : {"{type}:*", "{type}/*", "{type}.*"}) {
    rules.push_back({.pattern = *keys::Pattern::parse(text), .type = ""});
  }
  return rules;
}

}  // namespace

std::expected<keys::Rule, std::string> rule_of_template(const std::string& text) {
  auto pattern = keys::Pattern::parse(text);
  if (!pattern) {
    return Failure(fmt::format("the pattern '{}' {} (at byte {})", text, pattern.error().text,
                               pattern.error().offset + 1));
  }
  std::string type;
  if (!pattern->placeholder("type")) {
    type = pattern->leading_segment();
    if (type.empty()) {
      return Failure(
          fmt::format("the pattern '{}' says no type: capture {{type}}, or begin with text up to a "
                      "'{}'",
                      text, pattern->separator()));
    }
  }
  return keys::Rule{.pattern = *std::move(pattern), .type = std::move(type)};
}

std::expected<KeysSubject, std::string> find_subject(const KeysArguments& arguments,
                                                     const config::Environment& environment) {
  const auto config = load(arguments.config_file);
  if (!config) return Failure(config.error());
  auto rules = find_rules(arguments, *config);
  if (!rules) return Failure(rules.error());
  auto found = find_server(arguments.url, *config, environment);
  if (!found) return Failure(found.error());
  if (auto added = add_access(arguments, environment, found->target); !added) {
    return Failure(added.error());
  }
  if (arguments.database) found->databases = {*arguments.database};
  KeysSubject subject{.target = std::move(found->target),
                      .databases = std::move(found->databases),
                      .rules = *std::move(rules),
                      .by_first_segment = false,
                      .session = redis::session_options(config->poll)};
  if (subject.rules.empty()) {
    subject.rules = first_segments();
    subject.by_first_segment = true;
  }
  return subject;
}

}  // namespace hitwatch::cli
