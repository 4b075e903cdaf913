// Reads values out of a YAML document and remembers the first fault, with its position.
//
// yaml-cpp alone accepts keys written twice, quotes that are never closed, and further documents
// after the first; here they are faults. After a fault the readers return defaults, so the caller
// walks on without checks and asks `fault()` at the end.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::web {

class StrictYaml {
 public:
  // One permitted key of a mapping. `path` is the value's place, such as `a.b[2]`.
  struct Key {
    std::string_view name;
    std::function<void(const YAML::Node& value, const std::string& path)> read;
  };

  // `text` must outlive the reader. `name` begins every fault: "name:line:column: …".
  StrictYaml(std::string_view text, std::string name);

  // The document, or nothing if it is empty or faulty.
  std::optional<YAML::Node> document();
  // Reads a mapping whose keys are all in `keys`.
  void mapping(const YAML::Node& node, const std::string& path, std::span<const Key> keys);
  // Reads a mapping with any keys.
  void entries(const YAML::Node& node, const std::string& path,
               const std::function<void(const std::string& key, const YAML::Node& key_node,
                                        const YAML::Node& value)>& read);
  std::string text(const YAML::Node& node, const std::string& path);  // null is ""
  bool boolean(const YAML::Node& node, const std::string& path);
  std::vector<std::pair<std::string, YAML::Node>> texts(const YAML::Node& node,
                                                        const std::string& path);

  // Records a fault at `node` unless there is an earlier one.
  void fail(const YAML::Node& node, std::string_view sentence);
  const std::optional<std::string>& fault() const { return fault_; }

 private:
  void fail_at(const YAML::Mark& mark, std::string_view sentence);
  bool quote_is_closed(const YAML::Node& scalar) const;
  bool check_scalar(const YAML::Node& node, const std::string& path, std::string_view wanted);

  std::string_view source_;
  std::string name_;
  std::optional<std::string> fault_;
};

}  // namespace hitwatch::web
