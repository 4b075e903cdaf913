// The commands of `keys.check` and what each does to a server's own figures.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace hitwatch::keyspace {

enum class Command : std::uint8_t {
  kInfo,
  kClientNoTouch,
  kReadOnly,
  kClusterMyId,
  kClusterSlots,
  kSelect,
  kScan,
  kMemoryUsage,
  kType,
  kStrlen,
  kLlen,
  kScard,
  kZcard,
  kHlen,
  kXlen,
  kGet,
  kXinfoStream,
  kXinfoGroups,
  kXinfoConsumers,
  kCount
};

struct CommandTraits {
  std::string_view word;
  std::string_view subcommand;  // "" if it has none
  bool looks_up = false;        // adds to keyspace_hits, or keyspace_misses
  bool touches = false;         // sets the idle time and the frequency of its key, without NO-TOUCH

  std::string name() const {
    return subcommand.empty() ? std::string(word)
                              : std::string(word) + " " + std::string(subcommand);
  }
};
const CommandTraits& traits_of(Command command);

// What one wants to know of the server.
struct Question {
  Command command;
  std::vector<std::string> arguments;  // of a command about a key, its name is the first
  std::size_t reply_bytes = 0;         // that are to be expected, where they may be many
  bool found_by_scan = false;          // its key; else the configuration names it
};

// What a server has refused so far: none of it is asked again.
class CommandRefusals {
 public:
  // Keys that are remembered. Once there are so many, keys found by scanning are not asked about
  // any more: each refusal is an error in the server's own figures.
  static constexpr std::size_t kMostKeys = 1000;

  void add(Command command) { commands_.set(static_cast<std::size_t>(command)); }
  void add_key(int database, std::string_view key);
  bool refuses(Command command) const { return commands_[static_cast<std::size_t>(command)]; }
  bool refuses_key(int database, std::string_view key) const;
  std::size_t keys() const { return keys_.size(); }
  bool too_many_keys() const { return keys_.size() >= kMostKeys; }
  // The names of the commands, comma separated.
  std::string commands_text() const;

 private:
  std::bitset<static_cast<std::size_t>(Command::kCount)> commands_;
  std::unordered_set<std::string> keys_;  // database:name
};

}  // namespace hitwatch::keyspace
