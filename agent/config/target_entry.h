// The entries of `targets` and `credentials`, and what they share with lists of targets.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "agent/config/config.h"
#include "agent/config/source_entry.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

constexpr std::size_t kMaxTargets = 10'000;

// Targets that cannot be told apart: the same server and database, or the same name.
class TargetNames {
 public:
  struct Clash {
    bool of_name = false;  // rather than of the server
    std::string text;      // which one is the same
  };
  // Nothing if the target, which was given at `path`, can be told from those before.
  std::optional<Clash> add(const redis::Target& target, const std::string& path);
  // The same, and a clash is a fault. `url` and `alias` are where each was given.
  void add(yaml::Reader& reader, const redis::Target& target, const std::string& path,
           const yaml::Value& url, const std::optional<yaml::Value>& alias);

 private:
  std::map<std::string, std::string> path_by_server_;
  std::map<std::string, std::string> path_by_name_;
};

// The target of a URL with user and password in their own place. Nothing, and a fault, for a bad
// one.
std::optional<redis::Target> read_target_url(yaml::Reader& reader, const yaml::Value& value);

// A target's labels, ordered by name; those with an empty value are left out, as Prometheus does.
// For a list of targets, `alias` is given: it takes the label `instance`, and labels that start
// `__` are left out.
metrics::Labels read_labels(yaml::Reader& reader, const yaml::Value& value, std::string* alias);

// The key `databases`: `all`, or a list of numbers, which is put in order.
void read_databases(yaml::Mapping& mapping, std::vector<int>& out);

// An entry of `targets`: adds to the targets, to the target files or to what discovers servers
// (source_entry.h) of `config`.
void read_target_entry(yaml::Reader& reader, const yaml::Value& value, Config& config,
                       TargetNames& names, SourceNames& sources);

// An entry of `credentials`.
void read_credentials_entry(yaml::Reader& reader, const yaml::Value& value, Config& config);

}  // namespace hitwatch::config
