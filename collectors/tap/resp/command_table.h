// What Redis' commands do with keys, and what their replies tell: a table.
//
// Where keys stand is after COMMAND DOCS' key specifications
// (https://redis.io/docs/latest/develop/reference/key-specs/); which lookups count as
// keyspace_hits and keyspace_misses was measured on Redis 7.0.15 and read in db.c (lookupKey and
// its flags) of later ones.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hitwatch::resp {

// …columns are the author's: key places, what is asked for, how a reply reads at both levels…
struct CommandRow {
  std::string_view name;  // in capitals: "GET", "CLIENT REPLY"
  bool is_read = false;   // gets values: its outcome is a hit or miss of the cache
  bool is_write = false;
  bool blocks = false;
};

// Sorted by name.
std::span<const CommandRow> command_table();
// The row of a command; the row for unknown ones if the table lacks it.
const CommandRow& find_command(std::string_view name_in_capitals);

}  // namespace hitwatch::resp
