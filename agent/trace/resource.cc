#include "agent/trace/resource.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>

#include "agent/version.h"

namespace hitwatch::trace {
namespace {

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

void set_attribute(Resource& resource, std::string_view key, Value value) {
  const auto known = std::ranges::find(resource, key, &Resource::value_type::first);
  if (known == resource.end()) {
    resource.emplace_back(key, std::move(value));
  } else {
    known->second = std::move(value);
  }
}

}  // namespace

std::string new_instance_id() {
  TraceId random = new_trace_id();
  random.bytes[6] = (random.bytes[6] & 0x0fU) | 0x40U;
  random.bytes[8] = (random.bytes[8] & 0x3fU) | 0x80U;
  std::string text = to_hex(random);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

Resource make_resource(const Settings& settings, const std::string& instance_id) {
  Resource resource = {{"service.name", {}},
                       {"service.version", kVersion},
                       {"service.instance.id", instance_id},
                       {"process.pid", std::int64_t{getpid()}},
                       {"telemetry.sdk.name", "hitwatch"},
                       {"telemetry.sdk.language", "cpp"},
                       {"telemetry.sdk.version", kVersion}};
  if (std::string host = host_name(); !host.empty()) {
    resource.emplace_back("host.name", std::move(host));
  }
  for (const auto& [key, value] : settings.resource) set_attribute(resource, key, value);
  set_attribute(resource, "service.name", settings.service_name);
  return resource;
}

}  // namespace hitwatch::trace
