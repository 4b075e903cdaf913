// Reading the mappings of a document key by key, so that every fault is found in one run.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/yaml/document.h"
#include "agent/yaml/schema.h"

namespace hitwatch::yaml {

// The file that is being read, and what was wrong with it so far.
class Reader {
 public:
  struct Options {
    // Whether `${NAME}` in values is replaced from the environment.
    bool expand_environment = false;
    // Keys that stand at the top of the file, to recognize them where they are out of place. Must
    // outlive the reader.
    std::span<const std::string_view> top_keys = {};
    // Whether keys may only be read from mappings that have a schema.
    bool only_declared = false;
  };

  Reader(std::string file, Options options);

  void fault(const Node& at, std::string_view path, std::string_view text);
  // One that is not the reader's: something to tell that keeps nothing from being read.
  Fault fault_at(const Node& at, std::string_view path, std::string_view text) const;
  // "hitwatch.yaml:7:5"
  std::string origin(const Node& at) const;
  // Relative paths are relative to the folder of the file; the result is absolute.
  std::string resolve(const std::string& path) const;
  // The faults in the order of their position, at most 100 and then how many more there are.
  std::vector<Fault> take_faults();
  bool has_faults() const { return !faults_.empty(); }
  const Options& options() const { return options_; }

  // The text of a scalar, with its environment variables if so asked; nothing, and a fault, if it
  // has none.
  std::optional<std::string> text(const Node& node, std::string_view path);

 private:
  std::string file_;
  Options options_;
  std::filesystem::path folder_;
  std::vector<Fault> faults_;
};

// A value of a mapping and the path of its key.
struct Value {
  const Node* node;
  std::string path;
};

// A key of a mapping and its value.
struct Entry {
  const Node* key;
  Value value;
};

// A mapping of which each key is asked for once. Values of the wrong type leave `out` alone and add
// a fault. `finish` adds one for each key that is not in the schema or, without one, that nobody
// asked for. To ask for a key that is not in the schema is a fault, whatever the file says: no key
// is read that no reference names.
class Mapping {
 public:
  // A null node is an empty mapping. Duplicate keys are faults.
  Mapping(Reader& reader, const Node& node, std::string path);
  Mapping(Reader& reader, const Node& node, std::string path, const Schema& schema);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  const Node& node() const { return node_; }
  const std::string& path() const { return path_; }
  Reader& reader() { return reader_; }

  // Of a key of the schema.
  const Type& type_of(std::string_view key) const;

  std::optional<Value> take(std::string_view key);
  void read(std::string_view key, std::string& out);
  void read(std::string_view key, bool& out);
  void read(std::string_view key, std::chrono::milliseconds& out);
  void read_size(std::string_view key, std::uint64_t& out);
  // A path, made absolute, of a file that must be readable now.
  void read_file(std::string_view key, std::string& out);
  template <typename T>
  void read_choice(std::string_view key, std::span<const std::pair<std::string_view, T>> choices,
                   T& out) {
    std::vector<std::string_view> words;
    for (const auto& choice : choices) words.push_back(choice.first);
    if (const auto index = choose(key, words)) out = choices[*index].second;
  }
  // The items of a sequence; none if the key is absent.
  std::vector<Value> read_items(std::string_view key);

  // Every entry of a mapping whose keys are the author's own; none if it is no mapping.
  std::vector<Entry> read_entries();

  // A key that is understood but not allowed here.
  void refuse(std::string_view key, std::string_view reason);
  void finish();

 private:
  const Node* find(std::string_view key) const;
  std::optional<std::size_t> choose(std::string_view key, std::span<const std::string_view> words);
  std::string path_of(std::string_view key) const;
  void report_unknown(const Node& key);
  bool is_known(std::string_view key) const;
  std::vector<std::string_view> known_keys() const;

  Reader& reader_;
  const Node& node_;
  std::string path_;
  const Schema* schema_ = nullptr;
  std::vector<std::string_view> known_;  // asked for
  std::vector<std::string_view> refused_;
};

}  // namespace hitwatch::yaml
