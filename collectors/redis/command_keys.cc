#include "collectors/redis/command_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace hitwatch::redis {
namespace {

constexpr std::size_t kLongestWord = 64;

// Commands whose first argument is a command of its own.
constexpr auto kContainerCommands = std::to_array<std::string_view>(
    {"ACL", "CLIENT", "CLUSTER", "COMMAND", "COMMANDLOG", "CONFIG", "DEBUG", "FUNCTION", "HOTKEYS",
     "LATENCY", "MEMORY", "MODULE", "OBJECT", "PUBSUB", "SCRIPT", "SENTINEL", "SLOWLOG", "XGROUP",
     "XINFO"});

// Where the first key is, for those that do not have it as their first argument.
struct KeyPlace {
  std::string_view command;
  int position;  // in the arguments; 0: there is no key
};
constexpr auto kKeyPlaces = std::to_array<KeyPlace>({
    {"ACL", 0},          {"ASKING", 0},       {"AUTH", 0},         {"BGREWRITEAOF", 0},
    {"BGSAVE", 0},       {"BITOP", 2},        {"BLMPOP", 3},       {"BZMPOP", 3},
    {"CLIENT", 0},       {"CLUSTER", 0},      {"COMMAND", 0},      {"COMMANDLOG", 0},
    {"CONFIG", 0},       {"DBSIZE", 0},       {"DEBUG", 0},        {"DISCARD", 0},
    {"ECHO", 0},         {"EVAL", 3},         {"EVALSHA", 3},      {"EVALSHA_RO", 3},
    {"EVAL_RO", 3},      {"EXEC", 0},         {"FAILOVER", 0},     {"FCALL", 3},
    {"FCALL_RO", 3},     {"FLUSHALL", 0},     {"FLUSHDB", 0},      {"FUNCTION", 0},
    {"GRAPH.CONFIG", 0}, {"GRAPH.LIST", 0},   {"HELLO", 0},        {"HOTKEYS", 0},
    {"INFO", 0},         {"JSON.DEBUG", 2},   {"KEYS", 0},         {"LASTSAVE", 0},
    {"LATENCY", 0},      {"LMPOP", 2},        {"LOLWUT", 0},       {"MEMORY", 2},
    {"MIGRATE", 3},      {"MODULE", 0},       {"MONITOR", 0},      {"MSETEX", 2},
    {"MULTI", 0},        {"OBJECT", 2},       {"PFDEBUG", 2},      {"PING", 0},
    {"PSUBSCRIBE", 0},   {"PSYNC", 0},        {"PUBLISH", 0},      {"PUBSUB", 0},
    {"PUNSUBSCRIBE", 0}, {"QUIT", 0},         {"RANDOMKEY", 0},    {"READONLY", 0},
    {"READWRITE", 0},    {"REPLCONF", 0},     {"REPLICAOF", 0},    {"RESET", 0},
    {"ROLE", 0},         {"SAVE", 0},         {"SCAN", 0},         {"SCRIPT", 0},
    {"SELECT", 0},       {"SENTINEL", 0},     {"SHUTDOWN", 0},     {"SINTERCARD", 2},
    {"SLAVEOF", 0},      {"SLOWLOG", 0},      {"SPUBLISH", 0},     {"SSUBSCRIBE", 0},
    {"SUBSCRIBE", 0},    {"SUNSUBSCRIBE", 0}, {"SWAPDB", 0},       {"SYNC", 0},
    {"TFCALL", 3},       {"TFCALLASYNC", 3},  {"TFUNCTION", 0},    {"TIME", 0},
    {"TS.MGET", 0},      {"TS.MRANGE", 0},    {"TS.MREVRANGE", 0}, {"TS.QUERYINDEX", 0},
    {"UNSUBSCRIBE", 0},  {"UNWATCH", 0},      {"WAIT", 0},         {"WAITAOF", 0},
    {"XGROUP", 2},       {"XINFO", 2},        {"ZDIFF", 2},        {"ZINTER", 2},
    {"ZINTERCARD", 2},   {"ZMPOP", 2},        {"ZUNION", 2},
});
static_assert(std::ranges::is_sorted(kKeyPlaces, {}, &KeyPlace::command));

// What holds passwords, which no setting shows: also settings of modules (MODULE LOADEX).
constexpr auto kSecretive = std::to_array<std::string_view>(
    {"ACL", "AUTH", "CONFIG", "HELLO", "MIGRATE", "MODULE", "SENTINEL"});
// The same of modules' commands: FT.CONFIG, and SEARCH.CLUSTERSET, which has a cluster's password.
constexpr auto kSecretiveEnds = std::to_array<std::string_view>({".CLUSTERSET", ".CONFIG"});
// After these, in whatever command, comes a password: a server may have CONFIG or AUTH under
// another name (rename-command), and modules and proxies have commands of their own.
constexpr auto kBeforePasswords = std::to_array<std::string_view>(
    {"AUTH", "AUTH-PASS", "AUTH2", "MASTERAUTH", "PASSWORD", "PRIMARYAUTH", "REQUIREPASS",
     "SENTINEL-PASS", "SETUSER", "TLS-CLIENT-KEY-FILE-PASS", "TLS-KEY-FILE-PASS"});

// The streams' names follow the word STREAMS.
constexpr auto kStreamReaders = std::to_array<std::string_view>({"XREAD", "XREADGROUP"});
// Scripts and functions say how many keys they have, right before these.
constexpr auto kCounted = std::to_array<std::string_view>(
    {"EVAL", "EVALSHA", "EVALSHA_RO", "EVAL_RO", "FCALL", "FCALL_RO", "TFCALL", "TFCALLASYNC"});

std::string capitals(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kLongestWord && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

bool is_container(std::string_view command) {
  return std::ranges::binary_search(kContainerCommands, command);
}

bool is_secretive(std::string_view command) {
  return std::ranges::binary_search(kSecretive, command) ||
         std::ranges::any_of(kSecretiveEnds,
                             [command](auto end) { return command.ends_with(end); });
}

bool is_before_password(std::string_view arg) {
  return arg.size() <= kLongestWord &&
         std::ranges::binary_search(kBeforePasswords, std::string_view(capitals(arg)));
}

// FT.SEARCH and the others name an index; the dictionaries of suggestions are keys.
bool names_an_index(std::string_view command) {
  if (command.starts_with('_')) command.remove_prefix(1);
  return command.starts_with("FT.") && !command.starts_with("FT.SUG");
}

std::optional<std::size_t> key_after_streams(std::span<const std::string> args) {
  const auto word =
      std::ranges::find_if(args, [](const std::string& arg) { return capitals(arg) == "STREAMS"; });
  if (word == args.end()) return std::nullopt;
  return static_cast<std::size_t>(word - args.begin()) + 1;
}

std::optional<std::size_t> key_place(std::string_view command, std::span<const std::string> args) {
  if (std::ranges::count(kStreamReaders, command) != 0) return key_after_streams(args);
  if (std::ranges::count(kCounted, command) != 0 && (args.size() < 3 || args[2] == "0")) {
    return std::nullopt;
  }
  if (names_an_index(command)) return std::nullopt;
  const auto place = std::ranges::lower_bound(kKeyPlaces, command, {}, &KeyPlace::command);
  if (place == kKeyPlaces.end() || place->command != command) return 1;
  if (place->position == 0) return std::nullopt;
  return static_cast<std::size_t>(place->position);
}

}  // namespace

std::string operation_of(std::span<const std::string> args) {
  if (args.empty() || !is_word(args[0])) return {};
  std::string operation = capitals(args[0]);
  if (args.size() > 1 && is_container(operation) && is_word(args[1])) {
    operation += ' ';
    operation += capitals(args[1]);
  }
  return operation;
}

std::optional<std::string_view> first_key(std::span<const std::string> args) {
  if (args.empty() || !is_word(args[0])) return std::nullopt;
  const auto place = key_place(capitals(args[0]), args);
  if (!place || *place >= args.size()) return std::nullopt;
  return args[*place];
}

std::string redacted_text(std::span<const std::string> args) {
  std::string text = operation_of(args);
  if (text.empty()) return "?";
  const std::size_t words = text.find(' ') == text.npos ? 1 : 2;
  for (std::size_t i = words; i < args.size(); ++i) text += " ?";
  return text;
}

std::string full_text(std::span<const std::string> args) {
  if (args.empty() || is_secretive(capitals(args[0]))) return redacted_text(args);
  std::string text;
  bool hidden = false;
  for (const std::string& arg : args) {
    if (!text.empty()) text += ' ';
    if (hidden) {
      text += '?';
      continue;
    }
    hidden = is_before_password(arg);
    for (const char c : arg) {
      if (c >= ' ' && c <= '~') {
        text += c;
      } else {
        fmt::format_to(std::back_inserter(text), "\\x{:02x}", static_cast<unsigned char>(c));
      }
    }
  }
  return text;
}

}  // namespace hitwatch::redis
