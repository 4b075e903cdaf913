// What `hitwatch keys` prints of a report.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "agent/cli/keys_groups.h"
#include "collectors/keyspace/report.h"

namespace hitwatch::cli {

struct KeysView {
  KeysSort sort = KeysSort::kMemory;
  std::size_t limit = 20;  // rows of the tables by type and tenant
  bool show_keys = false;  // names of keys, and what they begin with, in full instead of redacted
  bool by_first_segment = false;    // there were no patterns: say so, and how to give some
  bool interrupted = false;         // the round was ended before its time, by hand
  std::vector<int> databases = {};  // that were asked for; empty: all
  std::optional<std::size_t> columns = std::nullopt;  // of the terminal; nothing: unlimited
};

// Whole lines without any escape sequence. Whatever the server said is made printable. Types and
// tenants are shown as the report has them: see redact_types().
std::string keys_report(const keyspace::Report& report, const KeysView& view);

}  // namespace hitwatch::cli
