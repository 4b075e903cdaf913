#include "collectors/keyspace/check_step.h"

#include <fmt/format.h>

#include <algorithm>

namespace hitwatch::keyspace {
namespace {

bool is_own_key(CheckRound& round, std::string_view name, bool by_name) {
  const auto& own = round.server.own_slots;
  if (!own) {
    // What a scan finds is here, whoever it belongs to.
    if (by_name) round.fell_short(Shortfall::kSlotsUnknown);
    return !by_name;
  }
  if (own->test(slot_of(name))) return true;
  round.fell_short(by_name ? Shortfall::kOtherNodes : Shortfall::kForeignKeys);
  return false;
}

}  // namespace

bool is_glob(std::string_view text) { return text.find_first_of("*?[\\") != text.npos; }

std::string database_label(int database) { return fmt::format("db{}", database); }

std::string label_text(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const std::size_t length = metrics::utf8_length(bytes);
    if (length == 0) {
      fmt::format_to(std::back_inserter(text), "\\x{:02x}",
                     static_cast<unsigned char>(bytes.front()));
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

void keep_own_keys(CheckRound& round, std::vector<std::string>& names, bool by_name) {
  if (!round.server.cluster) return;
  std::erase_if(names, [&](const std::string& name) { return !is_own_key(round, name, by_name); });
}

}  // namespace hitwatch::keyspace
