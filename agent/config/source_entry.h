// Entries of `targets` that discover servers: `sentinel` and `cluster`.
#pragma once

#include <map>
#include <string>

#include "agent/config/config.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

constexpr std::size_t kMaxSources = 1'000;
constexpr std::size_t kMaxSourceUrls = 100;

// Faults of sources that cannot be told apart: a server that two of them ask, or a name of two
// clusters. And of those that are too many.
class SourceNames {
 public:
  // Whether there is room for one more; a fault at `value` if not.
  bool add_source(yaml::Reader& reader, const yaml::Value& value);
  void add_url(yaml::Reader& reader, const net::RedisUrl& url, const yaml::Value& value);
  // `value` is where the name was given, or the first URL.
  void add_cluster(yaml::Reader& reader, const std::string& name, const yaml::Value& value);

 private:
  std::size_t sources_ = 0;
  std::map<std::string, std::string> path_by_address_;
  std::map<std::string, std::string> path_by_cluster_;
};

// What stands under the keys `sentinel` and `cluster`: added to `config`.
void read_sentinel_entry(yaml::Reader& reader, const yaml::Value& value, Config& config,
                         SourceNames& names);
void read_cluster_entry(yaml::Reader& reader, const yaml::Value& value, Config& config,
                        SourceNames& names);

}  // namespace hitwatch::config
