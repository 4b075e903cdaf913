// The groups of keys in a report as tables: by type and tenant, and by type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/keyspace/report.h"

namespace hitwatch::cli {

enum class KeysSort : std::uint8_t { kMemory, kKeys, kWithoutTtl, kTenant, kType };
// "memory", "keys", "without_ttl", "tenant", "type"; nothing for another word.
std::optional<KeysSort> parse_keys_sort(std::string_view word);
std::vector<std::string> keys_sort_words();

struct GroupTable {
  KeysSort sort = KeysSort::kMemory;  // figures come largest first; without memory, keys do
  std::size_t limit = 20;             // rows; a line says how much more there is
  std::optional<std::size_t> columns;
};

// The size that is shown: scaled to used_memory_dataset if the report is.
std::optional<keyspace::Estimate> shown_size(const keyspace::Group& group);

std::string group_table(const keyspace::Report& report, const GroupTable& table);

// The same added up by type; "" if that says nothing new: each group is a type of its own, or all
// groups fit into the table above.
std::string type_table(const keyspace::Report& report, const GroupTable& table);

// Where most keys without TTL are, as far as that is certain; "" if nowhere is.
std::string without_ttl_table(const keyspace::Report& report, const GroupTable& table);

}  // namespace hitwatch::cli
