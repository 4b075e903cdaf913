#include "agent/cli/exporter_flag_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "agent/cli/exporter_key_lists.h"
#include "agent/config/check_section.h"
#include "agent/config/checks.h"
#include "agent/metrics/labels.h"
#include "agent/net/small_file.h"
#include "collectors/keyspace/lua_pattern.h"

namespace hitwatch::cli {
namespace {

using Applied = std::expected<void, std::string>;
using Settings = ExporterSettings;
using keyspace::CheckOptions;
using redis::CollectOptions;
using enum FlagKind;
using enum FlagSupport;

template <bool CollectOptions::* Field>
Applied collect(Settings& settings, const std::string& value) {
  settings.config.poll.collect.*Field = value == "true";
  return {};
}

template <bool CollectOptions::* Field>
Applied do_not_collect(Settings& settings, const std::string& value) {
  settings.config.poll.collect.*Field = value != "true";
  return {};
}

template <std::string Settings::* Field>
Applied keep(Settings& settings, const std::string& value) {
  settings.*Field = value;
  return {};
}

template <std::string net::TlsOptions::* Field>
Applied tls_file(Settings& settings, const std::string& value) {
  settings.tls.*Field = value;
  return value.empty() ? Applied{} : net::check_readable_file(value);
}

template <std::string config::Web::* Field, Applied (*Check)(std::string_view)>
Applied web(Settings& settings, const std::string& value) {
  settings.config.web.*Field = value;
  return Check(value);
}

// A duration as Go writes it: whole or decimal numbers, each with one of the units ns, us, ms, s, m
// and h (https://pkg.go.dev/time#ParseDuration), in milliseconds.
std::optional<double> parse_go_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double milliseconds;
  };
  static constexpr auto kUnits = std::to_array<Unit>({{"ns", 1e-6},
                                                      {"us", 1e-3},
                                                      {"µs", 1e-3},
                                                      {"ms", 1},
                                                      {"s", 1e3},
                                                      {"m", 60e3},
                                                      {"h", 3600e3}});
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
    if (error != std::errc() || end != text.data() + digits) return std::nullopt;
    text.remove_prefix(digits);
    const std::size_t letters = std::min(text.find_first_of("0123456789."), text.size());
    const auto unit = std::ranges::find(kUnits, text.substr(0, letters), &Unit::name);
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(letters);
    total += number * unit->milliseconds;
  }
  return total;
}

Applied apply_timeout(Settings& settings, const std::string& value) {
  constexpr double kMost = 24 * 3600e3;
  const auto milliseconds = parse_go_duration(value);
  if (!milliseconds) return std::unexpected("not a duration: write it like 500ms, 15s or 1m30s");
  if (*milliseconds < 1 || *milliseconds > kMost) {
    return std::unexpected("must be at least 1ms and at most 24h");
  }
  settings.config.poll.timeout =
      std::chrono::milliseconds(static_cast<std::int64_t>(std::llround(*milliseconds)));
  return {};
}

Applied apply_namespace(Settings& settings, const std::string& value) {
  settings.config.name_space = value;
  if (metrics::is_metric_name(value)) return {};
  return std::unexpected("not the start of a metric name: letters, digits and '_'");
}

Applied apply_web_config(Settings& settings, const std::string& value) {
  settings.config.web.config_file = value;
  return value.empty() ? Applied{} : net::check_readable_file(value);
}

Applied apply_scrape_allow(Settings& settings, const std::string& value) {
  if (value.empty()) return std::unexpected("needs a pattern like '*.example.org:6379'");
  settings.config.web.scrape_allow.push_back(value);
  return {};
}

Applied apply_log_level(Settings& settings, const std::string& value) {
  const auto level = config::parse_log_level(value);
  if (!level) return std::unexpected(level.error());
  settings.config.log.level = *level;
  return {};
}

Applied apply_log_format(Settings& settings, const std::string& value) {
  if (value != "txt" && value != "json") return std::unexpected("must be txt or json");
  settings.config.log.format =
      value == "json" ? config::LogFormat::kJson : config::LogFormat::kLogfmt;
  return {};
}

Applied apply_config_command(Settings& settings, const std::string& value) {
  settings.config.poll.collect.config_command = value;
  return config::check_command_name(value);
}

Applied apply_search_indexes(Settings& settings, const std::string& value) {
  settings.config.poll.collect.search_index_match = value;
  return config::check_regex(value);
}

template <std::vector<keyspace::KeySelector> CheckOptions::* Field>
Applied key_list(Settings& settings, const std::string& value) {
  auto list = parse_key_list(value);
  if (!list) return std::unexpected(list.error());
  settings.config.keys.check.*Field = *std::move(list);
  return {};
}

template <std::size_t CheckOptions::* Field, std::size_t Most>
Applied check_number(Settings& settings, const std::string& value) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < 1 || number > Most) {
    return std::unexpected(fmt::format("must be a number from 1 to {}", Most));
  }
  settings.config.keys.check.*Field = number;
  return {};
}

// What the field becomes where the flag is given as true.
template <bool CheckOptions::* Field, bool WhenGiven>
Applied check_switch(Settings& settings, const std::string& value) {
  settings.config.keys.check.*Field = (value == "true") == WhenGiven;
  return {};
}

Applied apply_key_groups(Settings& settings, const std::string& value) {
  auto patterns = parse_pattern_list(value);
  if (!patterns) return std::unexpected(patterns.error());
  for (std::size_t i = 0; i < patterns->size(); ++i) {
    if (const auto fault = keyspace::lua_pattern_fault((*patterns)[i])) {
      return std::unexpected(fmt::format("pattern {}: {}", i + 1, *fault));
    }
  }
  settings.config.keys.check.groups = *std::move(patterns);
  return {};
}

// Nothing needs to be said of a cluster: its nodes tell.
Applied accept(Settings& /*settings*/, const std::string& /*value*/) { return {}; }

constexpr std::string_view kServerTls =
    "use --web.config.file with a tls_server_config section, in Prometheus' web configuration "
    "format";
constexpr std::string_view kBasicAuth =
    "use --web.config.file with a basic_auth_users section, in Prometheus' web configuration "
    "format";

constexpr auto kFlags = std::to_array<ExporterFlag>({
    {"redis.addr", "REDIS_ADDR", kText, kSupported,
     "Server to watch; empty for none, so that only /scrape names servers", keep<&Settings::address>},
    {"redis.user", "REDIS_USER", kText, kSupported, "User to log in as, of the server's ACL",
     keep<&Settings::username>},
    {"redis.password", "REDIS_PASSWORD", kText, kSupported,
     "Password to log in with; visible in the process list, prefer the variable or a file",
     keep<&Settings::password>},
    {"redis.password-file", "REDIS_PASSWORD_FILE", kText, kSupported,
     "JSON file of passwords by server: {\"redis://host:6379\": \"…\"}",
     keep<&Settings::password_file>},
    {"connection-timeout", "REDIS_EXPORTER_CONNECTION_TIMEOUT", kText, kSupported,
     "Time for a whole poll, connecting included (default 5s)", apply_timeout},
    {"tls-ca-cert-file", "REDIS_EXPORTER_TLS_CA_CERT_FILE", kText, kSupported,
     "Certificate authorities to verify the server with (default: the system's)",
     tls_file<&net::TlsOptions::ca_file>},
    {"tls-client-cert-file", "REDIS_EXPORTER_TLS_CLIENT_CERT_FILE", kText, kSupported,
     "Certificate to show to the server", tls_file<&net::TlsOptions::cert_file>},
    {"tls-client-key-file", "REDIS_EXPORTER_TLS_CLIENT_KEY_FILE", kText, kSupported,
     "Key of that certificate", tls_file<&net::TlsOptions::key_file>},
    {"tls-server-name", "REDIS_EXPORTER_TLS_SERVER_NAME", kText, kSupported,
     "Name to expect in the server's certificate (default: the host of its URL)",
     [](Settings& settings, const std::string& value) -> Applied {
       settings.tls.server_name = value;
       return {};
     }},
    {"skip-tls-verification", "REDIS_EXPORTER_SKIP_TLS_VERIFICATION", kBool, kSupported,
     "Take any certificate of the server",
     [](Settings& settings, const std::string& value) -> Applied {
       settings.tls.insecure_skip_verify = value == "true";
       return {};
     }},
    {"is-cluster", "REDIS_EXPORTER_IS_CLUSTER", kBool, kSupported,
     "The server is a node of a cluster; nothing needs a flag for that", accept},
    {"namespace", "REDIS_EXPORTER_NAMESPACE", kText, kSupported,
     "First word of the servers' metric names (default redis)", apply_namespace},
    {"export-client-list", "REDIS_EXPORTER_EXPORT_CLIENT_LIST", kBool, kSupported,
     "Series for every connection of the server", collect<&CollectOptions::client_list>},
    {"export-client-port", "REDIS_EXPORTER_EXPORT_CLIENT_PORT", kBool, kSupported,
     "With those, the client's port as a label", collect<&CollectOptions::client_port>},
    {"include-config-metrics", "REDIS_EXPORTER_INCL_CONFIG_METRICS", kBool, kSupported,
     "A series for every setting of the server", collect<&CollectOptions::config>},
    {"redact-config-metrics", "REDIS_EXPORTER_REDACT_CONFIG_METRICS", kBool, kSupported,
     "With those, leave out settings that hold secrets (default true)",
     collect<&CollectOptions::config_redact>},
    {"config-command", "REDIS_EXPORTER_CONFIG_COMMAND", kText, kSupported,
     "Name of the server's CONFIG command, - if it has none (default CONFIG)",
     apply_config_command},
    {"include-modules-metrics", "REDIS_EXPORTER_INCL_MODULES_METRICS", kBool, kSupported,
     "Metrics of the server's modules", collect<&CollectOptions::modules>},
    {"include-system-metrics", "REDIS_EXPORTER_INCL_SYSTEM_METRICS", kBool, kSupported,
     "The memory of the server's machine", collect<&CollectOptions::system>},
    {"include-search-indexes-metrics", "REDIS_EXPORTER_INCL_SEARCH_INDEXES_METRICS", kBool,
     kSupported, "Metrics of search indexes", collect<&CollectOptions::search_indexes>},
    {"check-search-indexes", "REDIS_EXPORTER_CHECK_SEARCH_INDEXES", kText, kSupported,
     "With those, a regular expression for the indexes' names (default .*)", apply_search_indexes},
    {"include-cluster-slot-stats", "REDIS_EXPORTER_INCL_CLUSTER_SLOT_STATS", kBool, kSupported,
     "Series for every slot of a cluster node", collect<&CollectOptions::cluster_slot_stats>},
    {"include-sentinel-peer-info", "REDIS_EXPORTER_INCL_SENTINEL_PEER_INFO", kBool, kSupported,
     "A series for every peer of a sentinel", collect<&CollectOptions::sentinel_peers>},
    {"include-rdb-file-size-metric", "REDIS_EXPORTER_INCL_RDB_FILE_SIZE_METRIC", kBool, kSupported,
     "Size of the server's dump file, if it is on this host",
     collect<&CollectOptions::rdb_file_size>},
    {"include-metrics-for-empty-databases", "REDIS_EXPORTER_INCL_METRICS_FOR_EMPTY_DATABASES",
     kBool, kSupported, "Key counts of databases without keys (default true)",
     collect<&CollectOptions::empty_databases>},
    {"exclude-latency-histogram-metrics", "REDIS_EXPORTER_EXCLUDE_LATENCY_HISTOGRAM_METRICS", kBool,
     kSupported, "Do not ask for latencies", do_not_collect<&CollectOptions::latency>},
    {"append-instance-role-label", "REDIS_EXPORTER_APPEND_INSTANCE_ROLE_LABEL", kBool, kSupported,
     "The server's role as the label instance_role of every series",
     collect<&CollectOptions::instance_role>},
    {"ping-on-connect", "REDIS_EXPORTER_PING_ON_CONNECT", kBool, kSupported,
     "Time a PING after connecting", collect<&CollectOptions::ping>},
    {"set-client-name", "REDIS_EXPORTER_SET_CLIENT_NAME", kBool, kSupported,
     "Name the connection on the server (default true)",
     collect<&CollectOptions::set_client_name>},
    {"redis-only-metrics", "REDIS_EXPORTER_REDIS_ONLY_METRICS", kBool, kSupported,
     "Leave out the metrics of this process",
     [](Settings& settings, const std::string& value) -> Applied {
       settings.config.own_metrics = value != "true";
       return {};
     }},
    {"web.listen-address", "REDIS_EXPORTER_WEB_LISTEN_ADDRESS", kText, kSupported,
     "Where to listen (default 0.0.0.0:9121)",
     web<&config::Web::listen_address, config::check_listen_address>},
    {"web.telemetry-path", "REDIS_EXPORTER_WEB_TELEMETRY_PATH", kText, kSupported,
     "Path of the metrics (default /metrics)",
     web<&config::Web::telemetry_path, config::check_telemetry_path>},
    {"web.config.file", "", kText, kSupported,
     "TLS and basic auth of the web server, in Prometheus' web configuration format",
     apply_web_config},
    {"web.scrape-allow", "", kText, kSupported,
     "Pattern (* and ?) of further servers that /scrape may name; may be repeated",
     apply_scrape_allow},
    {"disable-scrape-endpoint", "REDIS_EXPORTER_DISABLE_SCRAPE_ENDPOINT", kBool, kSupported,
     "No /scrape at all",
     [](Settings& settings, const std::string& value) -> Applied {
       settings.config.web.scrape_endpoint = value != "true";
       return {};
     }},
    {"log-level", "REDIS_EXPORTER_LOG_LEVEL", kText, kSupported,
     "debug, info, warn or error (default info)", apply_log_level},
    {"debug", "REDIS_EXPORTER_DEBUG", kBool, kSupported, "The same as --log-level=debug",
     [](Settings& settings, const std::string& value) -> Applied {
       settings.debug = value == "true";
       return {};
     }},
    {"log-format", "REDIS_EXPORTER_LOG_FORMAT", kText, kSupported,
     "txt (key=value pairs) or json (default txt)", apply_log_format},
    {"check-keys", "REDIS_EXPORTER_CHECK_KEYS", kText, kSupported,
     "Size and value of keys that match patterns, found by SCAN: db3=user:*,order:*",
     key_list<&CheckOptions::keys>},
    {"check-single-keys", "REDIS_EXPORTER_CHECK_SINGLE_KEYS", kText, kSupported,
     "The same of keys by name", key_list<&CheckOptions::single_keys>},
    {"count-keys", "REDIS_EXPORTER_COUNT_KEYS", kText, kSupported,
     "Number of keys that match patterns: db0=user:*", key_list<&CheckOptions::count>},
    {"check-key-groups", "REDIS_EXPORTER_CHECK_KEY_GROUPS", kText, kSupported,
     "Lua patterns whose captures name a group of keys, for its number and memory",
     apply_key_groups},
    {"check-streams", "REDIS_EXPORTER_CHECK_STREAMS", kText, kSupported,
     "Streams that match patterns, their groups and consumers",
     key_list<&CheckOptions::streams>},
    {"check-single-streams", "REDIS_EXPORTER_CHECK_SINGLE_STREAMS", kText, kSupported,
     "The same of streams by name", key_list<&CheckOptions::single_streams>},
    {"check-keys-batch-size", "REDIS_EXPORTER_CHECK_KEYS_BATCH_SIZE", kInteger, kSupported,
     "COUNT of each SCAN (default 1000)",
     check_number<&CheckOptions::scan_count, config::kMaxScanCount>},
    {"max-distinct-key-groups", "REDIS_EXPORTER_MAX_DISTINCT_KEY_GROUPS", kInteger, kSupported,
     "Key groups of a database with series of their own; the rest is 'overflow' (default 100)",
     check_number<&CheckOptions::max_groups, config::kMaxKeyGroups>},
    {"disable-exporting-key-values", "REDIS_EXPORTER_DISABLE_EXPORTING_KEY_VALUES", kBool,
     kSupported, "Do not read values of keys", check_switch<&CheckOptions::values, false>},
    {"skip-checkkeys-for-role-master", "REDIS_EXPORTER_SKIP_CHECKKEYS_FOR_ROLE_MASTER", kBool,
     kSupported, "Look at keys of replicas only",
     check_switch<&CheckOptions::on_masters, false>},
    {"streams-exclude-consumer-metrics", "REDIS_EXPORTER_STREAMS_EXCLUDE_CONSUMER_METRICS", kBool,
     kSupported, "Leave out the consumers of streams",
     check_switch<&CheckOptions::stream_consumers, false>},

    {"script", "REDIS_EXPORTER_SCRIPT", kText, kRefused,
     "hitwatch runs no scripts on the servers it watches; remove the flag"},
    {"lua-script-read-only", "REDIS_EXPORTER_LUA_SCRIPT_READ_ONLY", kBool, kNoEffect, ""},
    {"is-tile38", "REDIS_EXPORTER_IS_TILE38", kBool, kRefused,
     "Tile38 is not supported; keep redis_exporter for such servers"},
    {"cluster-discover-hostnames", "REDIS_EXPORTER_CLUSTER_DISCOVER_HOSTNAMES", kBool, kRefused,
     "`hitwatch run` finds the nodes of a cluster, under the names they prefer; write "
     "`targets: [{cluster: {urls: [redis://node:6379]}}]`"},
    {"include-go-runtime-metrics", "REDIS_EXPORTER_INCLUDE_GO_RUNTIME_METRICS", kBool, kRefused,
     "hitwatch is not a Go program; its process_* metrics need no flag"},
    {"tls-server-cert-file", "REDIS_EXPORTER_TLS_SERVER_CERT_FILE", kText, kRefused, kServerTls},
    {"tls-server-key-file", "REDIS_EXPORTER_TLS_SERVER_KEY_FILE", kText, kRefused, kServerTls},
    {"tls-server-ca-cert-file", "REDIS_EXPORTER_TLS_SERVER_CA_CERT_FILE", kText, kRefused,
     kServerTls},
    {"tls-server-min-version", "REDIS_EXPORTER_TLS_SERVER_MIN_VERSION", kText, kRefused, kServerTls,
     nullptr, "TLS1.2"},
    {"basic-auth-username", "REDIS_EXPORTER_BASIC_AUTH_USERNAME", kText, kRefused, kBasicAuth},
    {"basic-auth-password", "REDIS_EXPORTER_BASIC_AUTH_PASSWORD", kText, kRefused, kBasicAuth},
    {"basic-auth-hash-password", "REDIS_EXPORTER_BASIC_AUTH_HASH_PASSWORD", kText, kRefused,
     kBasicAuth},
});

}  // namespace

std::span<const ExporterFlag> exporter_flags() { return kFlags; }

}  // namespace hitwatch::cli
