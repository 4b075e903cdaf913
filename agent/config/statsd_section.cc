#include "agent/config/statsd_section.h"

namespace hitwatch::config {

void read_statsd(yaml::Mapping& apps, apps::StatsdOptions&) {
  apps.refuse("statsd", "not available in this version");
}

}  // namespace hitwatch::config
