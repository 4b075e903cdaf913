#include "agent/config/apps_section.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/config/access_entry.h"
#include "agent/config/otlp_section.h"
#include "agent/config/schema.h"
#include "agent/config/stats_endpoint_entry.h"
#include "agent/config/statsd_section.h"

namespace hitwatch::config {
namespace {

using yaml::Mapping;

// Whether there is a file whose users may post; it is read when the server starts.
bool has_web_config(Mapping& root) {
  const auto web = root.take("web");
  return web && std::ranges::find(web->node->keys, "config_file", &yaml::Node::text) !=
                    web->node->keys.end();
}

void read_http(Mapping& root, Mapping& apps, apps::HttpOptions& out) {
  const auto value = apps.take("http");
  if (!value) return;
  Mapping mapping(apps.reader(), *value->node, value->path, kHttpReportsSchema);
  mapping.read("enabled", out.enabled);
  read_token(mapping, out.token);
  const bool has_token =
      mapping.has("token") || mapping.has("token_file") || mapping.has("token_env");
  if (out.enabled && !has_token && !has_web_config(root)) {
    const auto enabled = *mapping.take("enabled");
    apps.reader().fault(*enabled.node, enabled.path,
                        "nobody could post: give a token (token, token_file or token_env) beside "
                        "it, or users in a web.config_file");
  }
  mapping.finish();
}

void read_otlp(Mapping& apps, apps::OtlpOptions& out) {
  const auto value = apps.take("otlp");
  if (!value) return;
  Mapping mapping(apps.reader(), *value->node, value->path, kOtlpReportsSchema);
  mapping.read("enabled", out.enabled);
  read_token(mapping, out.token);
  read_otlp_mapping(mapping, out);
  mapping.finish();
}

}  // namespace

void read_apps(Mapping& root, apps::Options& out) {
  static constexpr auto kBuckets = std::to_array<std::pair<std::string_view, lookups::Buckets>>(
      {{"classic", lookups::Buckets::kClassic}, {"fine", lookups::Buckets::kFine}});
  const auto value = root.take("apps");
  if (!value) return;
  Mapping mapping(root.reader(), *value->node, value->path, kAppsSchema);
  read_statsd(mapping, out.statsd);
  read_http(root, mapping, out.http);
  read_otlp(mapping, out.otlp);
  read_stats_endpoints(mapping, out.stats_endpoints);
  mapping.read_choice<lookups::Buckets>("latency_buckets", kBuckets, out.buckets);
  mapping.finish();
}

}  // namespace hitwatch::config
