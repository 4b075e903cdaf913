#include "collectors/keyspace/check_commands.h"

#include <fmt/format.h>

#include <iterator>

namespace hitwatch::keyspace {
namespace {

// In the order of Command.
constexpr CommandTraits kTraits[] = {
    {.word = "INFO", .subcommand = ""},
    {.word = "CLIENT", .subcommand = "NO-TOUCH"},
    {.word = "READONLY", .subcommand = ""},
    {.word = "CLUSTER", .subcommand = "MYID"},
    {.word = "CLUSTER", .subcommand = "SLOTS"},
    {.word = "SELECT", .subcommand = ""},
    {.word = "SCAN", .subcommand = ""},
    {.word = "MEMORY", .subcommand = "USAGE"},
    {.word = "TYPE", .subcommand = "", .looks_up = true},
    {.word = "STRLEN", .subcommand = "", .looks_up = true, .touches = true},
    {.word = "LLEN", .subcommand = "", .looks_up = true, .touches = true},
    {.word = "SCARD", .subcommand = "", .looks_up = true, .touches = true},
    {.word = "ZCARD", .subcommand = "", .looks_up = true, .touches = true},
    {.word = "HLEN", .subcommand = "", .looks_up = true, .touches = true},
    {.word = "XLEN", .subcommand = "", .looks_up = true, .touches = true},
    {.word = "GET", .subcommand = "", .looks_up = true, .touches = true},
    {.word = "XINFO", .subcommand = "STREAM", .looks_up = true, .touches = true},
    {.word = "XINFO", .subcommand = "GROUPS", .looks_up = true, .touches = true},
    {.word = "XINFO", .subcommand = "CONSUMERS", .looks_up = true, .touches = true},
};
static_assert(std::size(kTraits) == static_cast<std::size_t>(Command::kCount));

std::string text_of(int database, std::string_view key) {
  return fmt::format("{}:{}", database, key);
}

}  // namespace

const CommandTraits& traits_of(Command command) {
  return kTraits[static_cast<std::size_t>(command)];
}

void CommandRefusals::add_key(int database, std::string_view key) {
  if (!too_many_keys()) keys_.insert(text_of(database, key));
}

bool CommandRefusals::refuses_key(int database, std::string_view key) const {
  return !keys_.empty() && keys_.contains(text_of(database, key));
}

std::string CommandRefusals::commands_text() const {
  std::string text;
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    if (!commands_[i]) continue;
    if (!text.empty()) text += ", ";
    text += kTraits[i].name();
  }
  return text;
}

}  // namespace hitwatch::keyspace
