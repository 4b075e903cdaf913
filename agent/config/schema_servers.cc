// The whole file, and the sections of servers: targets, credentials, poll. And web, log, storage.
#include <chrono>
#include <iterator>

#include "agent/config/schema.h"

namespace hitwatch::config {
namespace {

using namespace std::chrono_literals;
using yaml::kBoolean;
using yaml::Key;
using yaml::kFile;
using yaml::kSecret;
using yaml::kText;
using yaml::kUrl;
using yaml::kVariable;

constexpr yaml::Type kTargetItem = yaml::mapping(kTargetSchema);
constexpr yaml::Type kCredentialsItem = yaml::mapping(kCredentialsSchema);
constexpr yaml::Type kLabels = yaml::entries(kText);

constexpr Key kRootKeys[] = {
    {"targets", yaml::list(kTargetItem), "",
     "Servers to watch, at most 10000. Without this key the daemon watches what its command line "
     "or "
     "`REDIS_URL` names; an empty list is none."},
    {"shard", yaml::text("2/5 or pod/5"), "1/1",
     "The part of all targets that this daemon watches: the second of five. `pod/5` is the part "
     "that the number at the end of the host's name tells, from 0 on."},
    {"credentials", yaml::list(kCredentialsItem), "",
     "Users and passwords for targets that bring none; the first that matches counts."},
    {"poll", yaml::mapping(kPollSchema), "", "How servers are asked, and for what."},
    {"apps", yaml::mapping(kAppsSchema), "", "How applications report their lookups."},
    {"keys", yaml::mapping(kKeysSchema), "", "What keys mean, and looks at them."},
    {"tap", yaml::mapping(kTapSchema), "", "Lookups seen on the wire, without the applications."},
    {"thresholds", yaml::mapping(kThresholdsSchema), "", "What rules compare with."},
    {"rules", yaml::mapping(kRulesSchema), "", "Recording and alerting rules."},
    {"notify", yaml::mapping(kNotifySchema), "",
     "Who is told of alerts. Without this section nobody is."},
    {"traces", yaml::mapping(kTracesSchema), "", "Where spans go. Without an endpoint nowhere."},
    {"web", yaml::mapping(kWebSchema), "", "The daemon's own HTTP server."},
    {"log", yaml::mapping(kLogSchema), "", "What the daemon writes to its standard error."},
    {"storage", yaml::mapping(kStorageSchema), "", "Where states of alerts are kept."},
};

constexpr Key kTlsKeys[] = {
    {"ca_file", kFile, "", "Authorities, in PEM, instead of the system's."},
    {"cert_file", kFile, "", "Certificate that the daemon shows; needs a `key_file`."},
    {"key_file", kFile, "", "Key of that certificate."},
    {"server_name", kText, "", "Name that the server's certificate must have; else the URL's."},
    {"insecure_skip_verify", kBoolean, "false",
     "Takes any certificate, and so anybody for the server."},
};

constexpr Key kTokenKeys[] = {
    {"token", kSecret, "", "Bearer token: printable ASCII without spaces."},
    {"token_file", kFile, "", "File that holds it, read again at every use."},
    {"token_env", kVariable, "", "Variable that holds it."},
};

constexpr yaml::Type kAllDatabases = yaml::text("`all`");
constexpr yaml::Type kDatabase = yaml::count(0, 16'383);
constexpr yaml::Type kDatabases = yaml::list(kDatabase);

constexpr Key kTargetKeys[] = {
    {"url", kUrl, "",
     "The server: `redis://`, `valkey://`, `rediss://` and `valkeys://` (TLS) or `unix://`. May "
     "hold "
     "user and password."},
    {"alias", kText, "", "The label `instance`; else host and port."},
    {"labels", kLabels, "", "On every series of this target; at most 64."},
    {"username", kText, "", "User, for ACLs."},
    {"password", kSecret, "", "Password; a file or a variable is better."},
    {"password_file", kFile, "", "File that holds it, read again at every connection."},
    {"password_env", kVariable, "", "Variable that holds it."},
    {"tls", yaml::mapping(kTlsSchema), "", "For `rediss://` and `valkeys://`."},
    {"databases", yaml::either(kAllDatabases, kDatabases), "all",
     "Databases whose keys are looked at."},
    {"sentinel", yaml::mapping(kSentinelSchema), "",
     "Instead of all others: masters and replicas that sentinels know, and the sentinels."},
    {"cluster", yaml::mapping(kClusterSchema), "",
     "Instead of all others: all nodes of a Redis Cluster."},
    {"file", yaml::text("path or glob"), "",
     "Instead of all others: lists of targets as Prometheus' `file_sd_configs` has them, read "
     "again "
     "when they change."},
};

constexpr yaml::Type kUrls = yaml::list(kUrl);
constexpr yaml::Type kMasters = yaml::list(kText);
constexpr yaml::Type kReachedAddress = yaml::text("`host` or `host:port`");
constexpr yaml::Type kAddressMap = yaml::entries(kReachedAddress);
constexpr std::string_view kAddressMapAbout =
    "From addresses as they are announced, `host:port` or `host`, to where they are reached from "
    "here: for servers behind NAT. An entry with a port goes before one without.";

constexpr Key kSentinelKeys[] = {
    {"urls", kUrls, "",
     "Sentinels to ask first, at most 100; they name the others. The port is 26379 unless given. "
     "All with TLS or none. The first may hold user and password. Required."},
    {"masters", kMasters, "['*']", "Names of masters, or patterns with `*` and `?`; at most 1000."},
    {"username", kText, "", "User at the sentinels, for ACLs."},
    {"password", kSecret, "", "Password at the sentinels; a file or a variable is better."},
    {"password_file", kFile, "", "File that holds it, read again at every connection."},
    {"password_env", kVariable, "", "Variable that holds it."},
    {"server_username", kText, "",
     "User at masters and replicas. Without user and password, `credentials` tell."},
    {"server_password", kSecret, "", "Password at masters and replicas."},
    {"server_password_file", kFile, "", "File that holds it, read again at every connection."},
    {"server_password_env", kVariable, "", "Variable that holds it."},
    {"tls", yaml::mapping(kTlsSchema), "", "For the sentinels, masters and replicas."},
    {"server_tls", kBoolean, "",
     "Whether masters and replicas are reached with TLS. If left out, as the sentinels."},
    {"address_map", kAddressMap, "", kAddressMapAbout},
    {"labels", kLabels, "",
     "On every series of masters, replicas and sentinels; at most 64. They have `master_name` and "
     "`role` besides."},
    {"databases", yaml::either(kAllDatabases, kDatabases), "all",
     "Databases whose keys are looked at."},
};

constexpr Key kClusterKeys[] = {
    {"urls", kUrls, "",
     "Nodes to ask first, at most 100; they name the others. All with TLS or none. The first may "
     "hold user and password. Required."},
    {"name", kText, "", "The label `cluster`; else host and port of the first URL."},
    {"username", kText, "", "User at all nodes, for ACLs."},
    {"password", kSecret, "",
     "Password at all nodes; a file or a variable is better. Without user and password, "
     "`credentials` tell."},
    {"password_file", kFile, "", "File that holds it, read again at every connection."},
    {"password_env", kVariable, "", "Variable that holds it."},
    {"tls", yaml::mapping(kTlsSchema), "", "For `rediss://` and `valkeys://`."},
    {"address_map", kAddressMap, "", kAddressMapAbout},
    {"labels", kLabels, "",
     "On every series of the nodes; at most 64. They have `cluster`, `shard` and `role` besides."},
};

constexpr Key kCredentialsKeys[] = {
    {"match", kText, "",
     "Pattern with `*` and `?` over `host:port` or `scheme://host:port`. Required, unless there is "
     "a "
     "`password_map`."},
    {"username", kText, "", "User, for ACLs."},
    {"password", kSecret, "", "Password; a file or a variable is better."},
    {"password_file", kFile, "", "File that holds it, read again at every connection."},
    {"password_env", kVariable, "", "Variable that holds it."},
    {"tls", yaml::mapping(kTlsSchema), "", "For targets that bring none."},
    {"password_map", kFile, "",
     "Instead of all others but `username`, which is then for servers without a user in there: a "
     "JSON file of passwords by server, as redis_exporter has it. Read again when it has changed, "
     "at every connection."},
};

constexpr std::string_view kModeWords[] = {"background", "on_scrape"};
constexpr Key kPollKeys[] = {
    {"interval", yaml::duration(1ms, 24h), "15s", "Time from one poll of a server to the next."},
    {"timeout", yaml::duration(1ms, 24h), "5s",
     "Of a whole poll; no longer than `interval`. If left out, the smaller of 5s and `interval`."},
    {"mode", yaml::choice(kModeWords), "background",
     "Poll by the clock, or whenever somebody scrapes."},
    {"collect", yaml::mapping(kCollectSchema), "", "What to ask for."},
};

constexpr Key kCollectKeys[] = {
    {"acl_log", kBoolean, "true", "Count new entries of `ACL LOG` by reason."},
    {"client_groups", kBoolean, "false",
     "Connections by name, user and how long they are idle: few series."},
    {"client_list", kBoolean, "false", "A set of series for each connection: many."},
    {"client_port", kBoolean, "false", "With `client_list`, the port as a label."},
    {"cluster_slot_stats", kBoolean, "false", "`CLUSTER SLOT-STATS`: five series for each slot."},
    {"config", kBoolean, "false", "Every value of `CONFIG GET *`."},
    {"config_command", kText, "CONFIG",
     "Its name where it was renamed; `-` if the server has none."},
    {"config_redact", kBoolean, "true", "With `config`, leave out what is secret."},
    {"empty_databases", kBoolean, "true", "`db_keys` 0 for databases without keys."},
    {"instance_role", kBoolean, "false", "Label `instance_role` on every series."},
    {"latency", kBoolean, "true", "`LATENCY LATEST` and `LATENCY HISTOGRAM`."},
    {"modules", kBoolean, "false", "Sections of modules in INFO."},
    {"ping", kBoolean, "false", "Time a `PING` when connecting."},
    {"rdb_file_size", kBoolean, "false", "Size of the dump file, if the server runs on this host."},
    {"search_index_match", yaml::text("regular expression (RE2)"), ".*",
     "Of which indexes, with `search_indexes`."},
    {"search_indexes", kBoolean, "false", "`FT.INFO` of every index."},
    {"sentinel_peers", kBoolean, "false", "A series for each sentinel that a sentinel knows."},
    {"set_client_name", kBoolean, "true",
     "Name the connections: `hitwatch`, and `hitwatch-keys` those that look at keys."},
    {"slowlog", kBoolean, "true", "Count new entries of the slow log by command."},
    {"system", kBoolean, "false", "Memory of the server's machine."},
};

constexpr Key kWebKeys[] = {
    {"listen_address", yaml::text("host:port"), "0.0.0.0:9121", "Where it listens."},
    {"config_file", kFile, "",
     "TLS and passwords, as Prometheus' and its exporters' web configuration has them."},
    {"telemetry_path", yaml::text("path"), "/metrics", "Where the metrics are."},
    {"query_api", kBoolean, "true",
     "Prometheus' query API. The window then keeps every series, not only those of rules."},
    {"admin_api", kBoolean, "false", "Lets anybody who may ask reload the configuration by HTTP."},
    {"scrape_allow", yaml::list(kText), "[]",
     "Patterns of addresses that `/scrape?target=` may name beside the targets: `10.0.*:6379`."},
};

constexpr std::string_view kLevelWords[] = {"debug", "info", "warn", "error"};
constexpr std::string_view kFormatWords[] = {"logfmt", "json"};
constexpr Key kLogKeys[] = {
    {"level", yaml::choice(kLevelWords), "info", "What is left out: all that is less."},
    {"format", yaml::choice(kFormatWords), "logfmt", "How lines are written."},
};

constexpr Key kStorageKeys[] = {
    {"path", yaml::text("folder"), "/var/lib/hitwatch", "Folder; made if it is not there."},
    {"max_size", yaml::kSize, "256MiB", "Most that is kept there; at least 1MiB."},
};

}  // namespace

const yaml::Schema kRootSchema = {"", kRootKeys};
const yaml::Schema kTlsSchema = {"Files are read again at every connection.", kTlsKeys};
const yaml::Schema kTokenSchema = {"", kTokenKeys};
const yaml::Schema kTargetSchema = {"A server, files that list some, or what to find servers with.",
                                    kTargetKeys};
const yaml::Schema kSentinelSchema = {"", kSentinelKeys};
const yaml::Schema kClusterSchema = {"", kClusterKeys};
const yaml::Schema kCredentialsSchema = {"", kCredentialsKeys};
const yaml::Schema kPollSchema = {"", kPollKeys};
const yaml::Schema kCollectSchema = {
    "[metrics.md](metrics.md) says which metrics depend on which of these.", kCollectKeys};
const yaml::Schema kWebSchema = {"", kWebKeys};
const yaml::Schema kLogSchema = {"", kLogKeys};
const yaml::Schema kStorageSchema = {"", kStorageKeys};

}  // namespace hitwatch::config
