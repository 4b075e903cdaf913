#include "agent/config/checks.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "agent/metrics/labels.h"
#include "agent/net/listen_address.h"

namespace hitwatch::config {
namespace {

// The label names of the metrics of Redis servers and of caches, and those that scraping adds. In
// order.
constexpr auto kUsedLabels = std::to_array<std::string_view>({"abi_version",
                                                              "api",
                                                              "availability_zone",
                                                              "build_date",
                                                              "certificate",
                                                              "class",
                                                              "cmd",
                                                              "collector",
                                                              "commit_sha",
                                                              "consumer",
                                                              "created_at",
                                                              "db",
                                                              "engine",
                                                              "err",
                                                              "event_name",
                                                              "filename",
                                                              "filters",
                                                              "flags",
                                                              "golang_version",
                                                              "group",
                                                              "host",
                                                              "id",
                                                              "idle",
                                                              "idle_since",
                                                              "index_name",
                                                              "instance",
                                                              "instance_role",
                                                              "ip",
                                                              "job",
                                                              "key",
                                                              "key_group",
                                                              "labels",
                                                              "layer",
                                                              "le",
                                                              "limit",
                                                              "master_address",
                                                              "master_host",
                                                              "master_name",
                                                              "master_port",
                                                              "master_replid",
                                                              "master_status",
                                                              "maxmemory_policy",
                                                              "message",
                                                              "metric",
                                                              "module",
                                                              "name",
                                                              "omem",
                                                              "operation",
                                                              "options",
                                                              "os",
                                                              "port",
                                                              "process_id",
                                                              "quantile",
                                                              "read_only",
                                                              "reason",
                                                              "redis_build_id",
                                                              "redis_mode",
                                                              "redis_version",
                                                              "resp",
                                                              "role",
                                                              "run_id",
                                                              "runid",
                                                              "serial",
                                                              "slave_ip",
                                                              "slave_port",
                                                              "slave_state",
                                                              "slot",
                                                              "source",
                                                              "stream",
                                                              "tcp_port",
                                                              "tenant",
                                                              "thread",
                                                              "threshold",
                                                              "type",
                                                              "usedby",
                                                              "user",
                                                              "using",
                                                              "val",
                                                              "valkey_release_stage",
                                                              "valkey_version",
                                                              "value",
                                                              "ver",
                                                              "version"});
static_assert(std::is_sorted(kUsedLabels.begin(), kUsedLabels.end()));

constexpr auto kEndpoints = std::to_array<std::string_view>({"/", "/scrape", "/sd"});
constexpr auto kEndpointFolders =
    std::to_array<std::string_view>({"/-/", "/api/", "/health/", "/v1/"});

Checked bad(std::string_view text) { return std::unexpected(std::string(text)); }

bool is_path_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_' || c == '/' || c == '~';
}

}  // namespace

Checked check_listen_address(std::string_view text) {
  if (const auto address = net::parse_listen_address(text); !address) return bad(address.error());
  return {};
}

Checked check_telemetry_path(std::string_view text) {
  if (!std::ranges::all_of(text, is_path_character) || !text.starts_with('/') ||
      text.size() > 256) {
    return bad("not a path: write it like /metrics");
  }
  const bool is_taken =
      std::ranges::find(kEndpoints, text) != kEndpoints.end() ||
      std::ranges::any_of(kEndpointFolders, [&](auto folder) { return text.starts_with(folder); });
  return is_taken ? bad("another endpoint has this path; choose one like /metrics") : Checked{};
}

Checked check_target_label(std::string_view name) {
  if (name.starts_with("__")) return bad("label names that start with '__' are reserved");
  if (!metrics::is_label_name(name)) {
    return bad("not a label name: letters, digits and '_', not starting with a digit");
  }
  if (name == "instance") return bad("the label instance is the target's alias; set 'alias'");
  if (std::ranges::binary_search(kUsedLabels, name)) {
    return bad("our metrics use this label themselves; choose another name");
  }
  return {};
}

Checked check_regex(const std::string& text) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(8 << 20);
  const RE2 regex(text, options);
  if (regex.ok()) return {};
  return std::unexpected(fmt::format("not a regular expression (RE2): {}", regex.error()));
}

Checked check_command_name(std::string_view text) {
  const bool valid = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 0x7f;
  });
  if (valid && !text.empty() && text.size() <= 128) return {};
  return bad("not the name of a command: one word, or '-' if the server has no CONFIG");
}

}  // namespace hitwatch::config
