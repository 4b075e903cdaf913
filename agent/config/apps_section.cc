#include "agent/config/apps_section.h"

#include "agent/config/statsd_section.h"

namespace hitwatch::config {

void read_apps(yaml::Mapping& root, apps::Options& out) {
  const auto value = root.take("apps");
  if (!value) return;
  yaml::Mapping mapping(root.reader(), *value->node, value->path);
  read_statsd(mapping, out.statsd);
  mapping.finish();
}

}  // namespace hitwatch::config
