// The tree of routes: which nodes an alert reaches, and in which group it is there.
#include <algorithm>

#include "agent/notify/settings.h"
#include "rules/window/quote.h"

namespace hitwatch::notify {
namespace {

// Whether the node or something below it takes the alert.
bool collect_routes(const Route& route, const metrics::Labels& labels,
                    std::vector<const Route*>& out) {
  if (!match(route.matchers, labels)) return false;
  bool taken = false;
  for (const Route& child : route.routes) {
    const bool took = collect_routes(child, labels, out);
    taken = taken || took;
    if (took && !child.proceed) break;
  }
  if (!taken) out.push_back(&route);
  return true;
}

}  // namespace

std::vector<const Route*> match_routes(const Route& root, const metrics::Labels& labels) {
  std::vector<const Route*> reached;
  collect_routes(root, labels, reached);
  return reached;
}

metrics::Labels group_labels(const Route& route, const metrics::Labels& labels) {
  metrics::Labels grouped;
  for (const metrics::Label& label : labels) {
    if (route.group_by_all || std::ranges::binary_search(route.group_by, label.name)) {
      grouped.push_back(label);
    }
  }
  return grouped;
}

std::string group_key(const Route& route, const metrics::Labels& group_labels) {
  std::string key = route.key + ":{";
  std::string_view separator;
  for (const metrics::Label& label : group_labels) {
    const bool is_classic =
        metrics::is_metric_name(label.name) && label.name.find(':') == std::string::npos;
    key += separator;
    key += is_classic ? label.name : window::quoted(label.name);
    key += '=';
    window::append_quoted(key, label.value);
    separator = ", ";
  }
  return key + '}';
}

}  // namespace hitwatch::notify
