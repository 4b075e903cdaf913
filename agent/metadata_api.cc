#include "agent/metadata_api.h"

#include <map>
#include <set>
#include <string>

#include "agent/json_response.h"
#include "agent/metrics/exposition_reader.h"
#include "agent/rules/api_parameters.h"
#include "agent/version.h"

namespace hitwatch {
namespace {

using nlohmann::ordered_json;

constexpr const char* kPrometheusVersion = "3.0.0";

void add_heads(std::string& out, const metrics::Snapshot* snapshot,
               std::set<const metrics::Family*>& seen) {
  if (snapshot == nullptr) return;
  const metrics::Family* last = nullptr;
  for (const metrics::Sample& sample : snapshot->samples) {
    const metrics::Family* family = sample.series->family;
    if (family == last) continue;
    last = family;
    if (seen.insert(family).second) out += family->head(metrics::Format::kText);
  }
}

}  // namespace

web::Response answer_metadata(const web::Request& request, const WatchedTargets& targets,
                              std::string_view own_exposition) {
  const auto parameters = rules::ApiParameters::read(request);
  if (!parameters) return rules::error_response(parameters.error());
  const auto limit = parameters->limit("limit");
  if (!limit) return rules::error_response(limit.error());
  const std::string* wanted = parameters->find("metric");
  std::string text(own_exposition);
  std::set<const metrics::Family*> seen;
  for (const auto& target : targets) {
    add_heads(text, target->latest().snapshot.get(), seen);
    const KeyspaceResult keyspace = target->latest_keyspace();
    add_heads(text, keyspace.sampled.get(), seen);
    add_heads(text, keyspace.checked.get(), seen);
  }
  ordered_json data = ordered_json::object();
  for (const metrics::Metadata& family : metrics::read_metadata(text)) {
    if (wanted != nullptr && family.name != *wanted) continue;
    if (*limit > 0 && data.size() == *limit) break;
    data[family.name] = {{{"type", family.type}, {"help", family.help}, {"unit", ""}}};
  }
  const ordered_json answer = {{"status", "success"}, {"data", std::move(data)}};
  return json_response(200, answer);
}

web::Response answer_build_information() {
  const ordered_json answer = {{"status", "success"},
                               {"data",
                                {{"version", kPrometheusVersion},
                                 {"revision", std::string("hitwatch ") + kVersion},
                                 {"branch", ""},
                                 {"buildUser", ""},
                                 {"buildDate", ""},
                                 {"goVersion", ""},
                                 {"application", "hitwatch"}}}};
  return json_response(200, answer);
}

}  // namespace hitwatch
