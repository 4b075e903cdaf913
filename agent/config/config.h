// The configuration as the parts read it: plain data, checked, with every default filled in.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/password_map.h"
#include "agent/net/url.h"
#include "agent/net/wildcards.h"
#include "agent/notify/settings.h"
#include "agent/trace/settings.h"
#include "agent/yaml/fault.h"
#include "collectors/apps/options.h"
#include "collectors/keys/matcher.h"
#include "collectors/keyspace/options.h"
#include "collectors/lookups/store.h"
#include "collectors/redis/target.h"
#include "collectors/tap/options.h"
#include "collectors/topology/options.h"

namespace hitwatch::config {

// `targets: - file: GLOB`: target lists in Prometheus' file_sd format, read again when they change.
struct TargetFiles {
  std::string glob;    // relative to the configuration file's folder, made absolute
  std::string origin;  // "hitwatch.yaml:7:5"
  bool operator==(const TargetFiles&) const = default;
};

// `--shard N/M` (or `shard:`): which part of the targets this daemon watches.
struct Shard {
  int number = 1;  // from 1
  int count = 1;   // 1: all of them
  bool operator==(const Shard&) const = default;
};

// `credentials:`: for targets that bring none. The first match counts.
struct Credentials {
  std::string match;  // for `matches_address`
  std::string username;
  net::SecretSource password;
  net::TlsOptions tls;
  // Instead of a pattern, password and TLS options: for the servers that it names. `username` is
  // that of entries without one.
  std::optional<net::PasswordMap> password_map;
  bool operator==(const Credentials&) const = default;
};

struct Web {
  std::string listen_address = "0.0.0.0:9121";
  std::string config_file;  // Prometheus' web configuration: TLS and basic auth; "" for none
  std::string telemetry_path = "/metrics";
  bool query_api = true;
  bool admin_api = false;
  std::vector<std::string> scrape_allow;  // which addresses /scrape?target= may name
  bool scrape_endpoint = true;            // only `hitwatch exporter` can switch /scrape off
  bool operator==(const Web&) const = default;
};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kLogfmt, kJson };

struct Log {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kLogfmt;
  bool operator==(const Log&) const = default;
};

struct Storage {
  std::string path = "/var/lib/hitwatch";
  std::uint64_t max_size = 256ULL << 20;  // bytes
  bool operator==(const Storage&) const = default;
};

// What becomes of a firing alert whose series are gone because their target is down.
enum class NoData : std::uint8_t {
  kKeep,     // it goes on firing
  kResolve,  // it is resolved, as Prometheus does
  kAlert     // it goes on, and an alert of its own tells that its data is missing
};

// `rules:`
struct Rules {
  bool bundled = true;
  std::vector<std::string> files;  // paths and globs, absolute
  std::chrono::milliseconds evaluation_interval{15'000};
  std::chrono::milliseconds window{3'600'000};  // how far back rules may look
  metrics::Labels external_labels;              // of what is sent
  std::string external_url;                     // where people reach the daemon; "" for none
  NoData no_data = NoData::kKeep;
  bool react = true;  // evaluate at once when a target goes down, comes up or changes its role
  bool operator==(const Rules&) const = default;
};

// `thresholds:`: the series hitwatch_threshold{threshold, type, tenant, instance}. Of the last
// three, "" stands for any.
struct Threshold {
  std::string name;
  std::string type;
  std::string tenant;
  std::string instance;
  double value = 0;  // ratios from 0 to 1, seconds, bytes or plain numbers
  bool operator==(const Threshold&) const = default;
};

// `keys:`
struct Keys {
  std::vector<keys::Rule> patterns;  // in order: the first match wins
  std::vector<std::string> origins;  // of each pattern: "hitwatch.yaml:7:5"
  lookups::Limits tenants;
  keyspace::SampleOptions sample;
  keyspace::CheckOptions check;
};

struct Config {
  std::vector<redis::Target> targets;
  std::vector<TargetFiles> target_files;
  std::vector<topology::SentinelOptions> sentinels;
  std::vector<topology::ClusterOptions> clusters;
  Shard shard;
  bool targets_given = false;  // the file has a list of targets, be it an empty one
  std::vector<Credentials> credentials;
  redis::PollOptions poll;
  Keys keys;
  tap::Options tap;
  apps::Options apps;
  Rules rules;
  notify::Settings notify;
  std::vector<Threshold> thresholds;  // as the file gives them: over the defaults
  Web web;
  Log log;
  Storage storage;
  trace::Settings traces;             // off without an endpoint
  std::vector<std::string> warnings;  // to be told when it takes effect: sentences without secrets
  // Only `hitwatch exporter` changes these two.
  std::string name_space = "redis";  // of the server metrics
  bool own_metrics = true;           // hitwatch_* and process_* beside the servers' metrics
};

using Fault = yaml::Fault;
using yaml::to_string;

// Reads a file, or the text of one (`name` stands in the faults and locates relative paths). All
// faults of a file are reported in one go, in the order of their position; those of the file that
// `notify.file` names come last. `${NAME}` in scalars is
// replaced from the environment (`$$` is a dollar sign). Files that hold secrets must be readable
// now, though they are read again at every use. What the file does not say of traces is as in
// `traces`.
std::expected<Config, std::vector<Fault>> load_file(const std::string& path,
                                                    trace::Settings traces = {});
std::expected<Config, std::vector<Fault>> load_text(std::string_view text, const std::string& name,
                                                    trace::Settings traces = {});

struct TargetList {
  std::vector<redis::Target> targets;
  // Of the targets that an earlier one of the list has the server or the name of: they are left
  // out, as Prometheus takes such a list, too.
  std::vector<Fault> duplicates;
};

// The targets of a file_sd list (YAML or JSON): each entry's targets with its labels. The label
// `instance` becomes the alias; labels that start `__` are dropped. `credentials` are applied by
// `apply_credentials`.
std::expected<TargetList, std::vector<Fault>> load_target_list(const std::string& path);

// The files that a glob matches now, sorted.
std::vector<std::string> expand_glob(const std::string& glob);

// Gives a target without user and password those of the first pattern that matches its address, and
// its TLS options unless the target has some. Maps of passwords before that pattern are looked
// through first, whenever it is connected to; those count for a target with a user, too, but for no
// other user.
void apply_credentials(redis::Target& target, const std::vector<Credentials>& credentials);

// Makes a target from a URL as on the command line: user and password move out of the URL.
std::expected<redis::Target, std::string> target_from_url(std::string_view url);

// debug, info, warn (or warning) or error, in any case. The error is a sentence that names these.
std::expected<LogLevel, std::string> parse_log_level(std::string_view text);

using net::matches_pattern;

// Whether the pattern of a server's address, `host:port` or `scheme://host:port`, matches `url`.
// Passwords go by it, so it errs towards no: a host of digits and wildcards matches IPv4 addresses
// and no names, an IPv6 address with a zone needs a pattern with brackets, and the path of a socket
// one that starts with a slash (or is just `*`).
bool matches_address(std::string_view pattern, const net::RedisUrl& url);

}  // namespace hitwatch::config
