// The Grafana dashboards of this folder: text in the program itself, as ./dev dashboards wrote it.
#pragma once

#include <span>
#include <string_view>

namespace hitwatch::dashboards {

struct Dashboard {
  std::string_view name;  // of the file, without `.json`
  std::string_view title;
  std::string_view uid;  // in Grafana
  std::string_view description;
  std::string_view json;
};

// In the order of their names.
std::span<const Dashboard> all();

}  // namespace hitwatch::dashboards
