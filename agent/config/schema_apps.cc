// The sections of lookups and keys: apps, keys, tap, thresholds. And rules.
#include <chrono>

#include "agent/config/check_section.h"
#include "agent/config/schema.h"
#include "collectors/tap/options.h"

namespace hitwatch::config {
namespace {

using namespace std::chrono_literals;
using yaml::kBoolean;
using yaml::Key;
using yaml::kFile;
using yaml::kSize;
using yaml::kText;
using yaml::kUrl;

constexpr std::string_view kBucketWords[] = {"classic", "fine"};
constexpr yaml::Type kStatsEndpointItem = yaml::mapping(kStatsEndpointSchema);
constexpr Key kAppsKeys[] = {
    {"statsd", yaml::mapping(kStatsdSchema), "", "Reports by StatsD."},
    {"http", yaml::mapping(kHttpReportsSchema), "", "Reports by `POST /v1/lookups`."},
    {"otlp", yaml::mapping(kOtlpReportsSchema), "", "OpenTelemetry metrics by `POST /v1/metrics`."},
    {"stats_endpoints", yaml::list(kStatsEndpointItem), "[]",
     "Totals that applications show as JSON, asked for; at most 1000."},
    {"latency_buckets", yaml::choice(kBucketWords), "classic",
     "Buckets of `cache_latency_seconds`: 18, or 159."},
};

constexpr yaml::Type kAddress = yaml::text("address");
constexpr yaml::Type kStatsdMeaningItem = yaml::mapping(kStatsdMeaningSchema);
constexpr Key kStatsdKeys[] = {
    {"listen", yaml::list(kAddress),
     "[udp://127.0.0.1:8125, unixgram:///run/hitwatch/statsd.sock, tcp://127.0.0.1:8125]",
     "Addresses: `udp://`, `tcp://` or `unixgram://`; at most 16. One of the default that cannot "
     "be "
     "had is left out. An empty list switches StatsD off."},
    {"mapping", yaml::list(kStatsdMeaningItem), "[]",
     "Names beside `cache.hit`, `cache.miss`, `cache.error` and `cache.latency`; at most 1000."},
};

constexpr std::string_view kStatsdKindWords[] = {"hit", "miss", "error", "latency"};
constexpr Key kStatsdMeaningKeys[] = {
    {"match", yaml::kTemplate, "",
     "Name of a metric, with `{tenant}`, `{type}`, `{operation}` and `{layer}`. Required."},
    {"as", yaml::choice(kStatsdKindWords), "", "What it counts or times. Required."},
};

constexpr Key kHttpReportsKeys[] = {
    {"enabled", kBoolean, "false", "Take reports. Needs a token, or users in a `web.config_file`."},
};

constexpr yaml::Type kOtlpMeaningItem = yaml::mapping(kOtlpMeaningSchema);
constexpr Key kOtlpReportsKeys[] = {
    {"enabled", kBoolean, "false",
     "Take metrics. Without a token, from anybody on this machine and nobody else."},
    {"mapping", yaml::list(kOtlpMeaningItem), "[]",
     "Metrics beside `cache.hits`, `cache.misses`, `cache.errors` and their kin; at most 1000."},
};

constexpr yaml::Type kWordList = yaml::list(kText);
constexpr yaml::Type kWords = yaml::either(kText, kWordList);
constexpr yaml::Type kFieldMapping = yaml::mapping(kOtlpFieldSchema);
constexpr yaml::Type kField = yaml::either(kWords, kFieldMapping);
constexpr std::string_view kOtlpKindWords[] = {"hit", "miss", "error", "latency", "result"};
constexpr std::string_view kOtlpUnitWords[] = {"s", "ms", "us", "ns"};
constexpr Key kOtlpMeaningKeys[] = {
    {"metric", kText, "", "Name of a metric. Required."},
    {"as", yaml::choice(kOtlpKindWords), "",
     "What it counts or times; `result`: an attribute tells. Required."},
    {"result_attribute", kWords, "[result, cache.result]",
     "With `as: result`, the attributes that tell; the first that is there."},
    {"hit", kWords, "[hit]", "With `as: result`, values that mean a hit."},
    {"miss", kWords, "[miss]", "Values that mean a miss."},
    {"error", kWords, "[error]", "Values that mean an error."},
    {"ignore", kWords, "", "Values of points that are left out."},
    {"tenant", kField, "[tenant, cache.tenant]",
     "Attributes of the point, else of its scope or resource."},
    {"type", kField, "[type, cache.type]", "The same for the type."},
    {"operation", kField, "[operation, cache.operation]", "The same for the operation."},
    {"layer", kField, "[layer, cache.layer]", "The same for the layer."},
    {"key", kField, "[key, cache.key]", "The same for a key, of which the key patterns tell."},
    {"unit", yaml::choice(kOtlpUnitWords), "", "Of a histogram; else as the metric says."},
};
constexpr Key kOtlpFieldKeys[] = {
    {"attribute", kWords, "", "Names of attributes; the first that is there."},
    {"text", kText, "", "What stands for a missing one."},
};

constexpr Key kStatsEndpointKeys[] = {
    {"url", kUrl, "", "`http://` or `https://`, without user and password. Required."},
    {"hits", yaml::text("JSON pointer"), "", "Where the total of hits is. Required."},
    {"misses", yaml::text("JSON pointer"), "", "Where the total of misses is. Required."},
    {"interval", yaml::duration(1s, 24h), "15s", "How often it is asked."},
    {"labels", yaml::mapping(kStatsEndpointLabelsSchema), "", "Of the lookups."},
    {"tls", yaml::mapping(kTlsSchema), "", "For `https://`."},
};
constexpr Key kStatsEndpointLabelsKeys[] = {
    {"type", kText, "", "Type of the lookups."},
    {"tenant", kText, "", "Their tenant."},
    {"layer", kText, "", "Their layer."},
};

constexpr yaml::Type kPatternItem = yaml::mapping(kKeyPatternSchema);
constexpr Key kKeysKeys[] = {
    {"patterns", yaml::list(kPatternItem), "[]",
     "What says tenant and type of a key; the first that matches counts."},
    {"tenants", yaml::mapping(kTenantsSchema), "", "How many tenants have series of their own."},
    {"sample", yaml::mapping(kSampleSchema), "", "Statistics of all keys, from samples."},
    {"check", yaml::mapping(kCheckSchema), "",
     "Keys, groups and streams with metrics of their own."},
};
constexpr std::string_view kRequiredWord[] = {"required"};
constexpr Key kKeyPatternKeys[] = {
    {"match", yaml::kTemplate, "",
     "`catalog:{tenant}:*`: text, `{tenant}`, `{type}`, other names in braces, `*` for any rest. "
     "Required."},
    {"type", kText, "",
     "Type of these keys, up to 128 bytes. Else what `{type}` captures, or the text up to the "
     "first "
     "separator."},
    {"tenant", yaml::choice(kRequiredWord), "", "Keys without a tenant are counted as a fault."},
};
constexpr Key kTenantsKeys[] = {
    {"limit", yaml::count(1, 1'000'000), "10000",
     "Tenants with series of their own; the others count under `overflow`."},
    {"latency_top", yaml::count(0, 10'000), "100",
     "Of these, with histograms of latencies: the busiest. No more than `limit`."},
};
constexpr Key kSampleKeys[] = {
    {"enabled", kBoolean, "true", "Look at samples of the keys."},
    {"interval", yaml::duration(1s, 24h), "60s", "Time from one round to the next."},
    {"size", yaml::count(100, 1'000'000), "10000", "Keys in a round."},
    {"budget", yaml::text("percentage"), "1%",
     "Of the server's time; over 0% and up to 100%, which is without pauses."},
    {"prefer_replica", kBoolean, "true", "Ask a replica where one is watched, too."},
};

constexpr yaml::Type kSelector = yaml::text("db0=pattern");
constexpr yaml::Type kLuaPattern = yaml::text("Lua pattern");
constexpr Key kCheckKeys[] = {
    {"keys", yaml::list(kSelector), "[]",
     "Patterns as `SCAN` takes them; keys that match have size and memory. Without `db0=`, in "
     "database 0. As all lists here, at most 1000 entries."},
    {"single_keys", yaml::list(kSelector), "[]", "Keys by their names, for the same."},
    {"count", yaml::list(kSelector), "[]", "Patterns whose keys are only counted."},
    {"groups", yaml::list(kLuaPattern), "[]",
     "Keys are grouped by what these capture: `^([^:]+):`."},
    {"streams", yaml::list(kSelector), "[]", "Patterns of streams."},
    {"single_streams", yaml::list(kSelector), "[]", "Streams by their names."},
    {"interval", yaml::duration(1s, 24h), "60s", "Time from one round to the next."},
    {"values", kBoolean, "false", "`GET` of the strings among `keys` and `single_keys`."},
    {"stream_consumers", kBoolean, "true", "Series for each consumer of a stream."},
    {"max_groups", yaml::count(1, kMaxKeyGroups), "100",
     "Groups in one database; the rest is one."},
    {"scan_count", yaml::count(1, kMaxScanCount), "1000", "`COUNT` of `SCAN`."},
    {"on_masters", kBoolean, "true", "Ask masters, too; else only replicas."},
};

constexpr yaml::Type kPort = yaml::count(1, 65'535);
constexpr Key kTapKeys[] = {
    {"enabled", kBoolean, "false",
     "Capture what applications and servers say to each other. Needs the capability "
     "`CAP_NET_RAW`."},
    {"interfaces", yaml::list(kText), "[lo]",
     "Where: each connection passes one of them; at most 16. At the next start, as `netns`, "
     "`snaplen` and `buffer`."},
    {"ports", yaml::list(kPort), "[]",
     "Of servers, at most 64; else those of the targets on this machine, or of all targets where "
     "none is."},
    {"sample", yaml::text("1/N"), "1/1", "The share of the connections that are captured."},
    {"netns", yaml::list(kText), "[]",
     "Network namespaces beside the daemon's own: names as of `ip netns`, process ids or paths; at "
     "most 64. Needs `CAP_SYS_ADMIN`, and for another user's process `CAP_SYS_PTRACE`."},
    {"snaplen", yaml::count(tap::kLeastSnaplen, tap::kMostSnaplen), "262144",
     "Bytes of a packet that are captured. 256 suffice where keys are short, pipelines are not "
     "used and replies are of one value: what is cut off that is not missed, but of `MGET`, "
     "`HMGET` or `LRANGE` the values behind the cut are."},
    {"buffer", kSize, "64MiB", "Of each interface: 1MiB to 1GiB."},
};

constexpr yaml::Type kThreshold = yaml::text("percentage, duration, size or number");
constexpr yaml::Type kByType = yaml::entries(kThreshold);
constexpr yaml::Type kByName = yaml::entries(kByType);
constexpr yaml::Type kBySubject = yaml::entries(kByName);
constexpr Key kThresholdsKeys[] = {
    {"tenants", kBySubject, "", "The same for single tenants, which come first."},
    {"instances", kBySubject, "", "The same for single instances."},
};

constexpr std::string_view kNoDataWords[] = {"keep", "resolve", "alert"};
constexpr yaml::Type kRuleFile = yaml::text("path or glob");
constexpr yaml::Type kTexts = yaml::entries(kText);
constexpr Key kRulesKeys[] = {
    {"bundled", kBoolean, "true", "Evaluate the rules that come with hitwatch."},
    {"files", yaml::list(kRuleFile), "[]", "Prometheus' rule files; at most 1000 entries."},
    {"evaluation_interval", yaml::duration(1s, 24h), "15s", "Of groups that give none."},
    {"window", yaml::duration(5min, 168h), "1h", "How far back rules and queries see."},
    {"external_labels", kTexts, "{}",
     "Added to alerts that are sent; `$externalLabels` in templates."},
    {"external_url", kUrl, "", "Where people reach this daemon, for links."},
    {"no_data", yaml::choice(kNoDataWords), "keep",
     "What becomes of firing alerts whose target is down: they go on, end, or go on with an alert "
     "that their data is missing."},
    {"react", kBoolean, "true",
     "Evaluate at once when a target goes down, comes up or changes its role."},
};

}  // namespace

const yaml::Schema kAppsSchema = {"", kAppsKeys};
const yaml::Schema kStatsdSchema = {"", kStatsdKeys};
const yaml::Schema kStatsdMeaningSchema = {"", kStatsdMeaningKeys};
const yaml::Schema kHttpReportsSchema = {"", kHttpReportsKeys, &kTokenSchema};
const yaml::Schema kOtlpReportsSchema = {"", kOtlpReportsKeys, &kTokenSchema};
const yaml::Schema kOtlpMeaningSchema = {"", kOtlpMeaningKeys};
const yaml::Schema kOtlpFieldSchema = {"", kOtlpFieldKeys};
const yaml::Schema kStatsEndpointSchema = {"A token is sent, if one is given.", kStatsEndpointKeys,
                                           &kTokenSchema};
const yaml::Schema kStatsEndpointLabelsSchema = {"", kStatsEndpointLabelsKeys};
const yaml::Schema kKeysSchema = {"", kKeysKeys};
const yaml::Schema kKeyPatternSchema = {"", kKeyPatternKeys};
const yaml::Schema kTenantsSchema = {"", kTenantsKeys};
const yaml::Schema kSampleSchema = {"", kSampleKeys};
const yaml::Schema kCheckSchema = {"", kCheckKeys};
const yaml::Schema kTapSchema = {"", kTapKeys};
const yaml::Schema kThresholdsSchema = {
    "Keys are names of thresholds, such as `hit_ratio`; below each stand types and their values, "
    "and "
    "`default` for all others: `hit_ratio: {default: 80%, session: 95%}`.",
    kThresholdsKeys, nullptr, &kByType};
const yaml::Schema kRulesSchema = {"", kRulesKeys};

}  // namespace hitwatch::config
