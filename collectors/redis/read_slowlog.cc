// SLOWLOG, https://redis.io/docs/latest/commands/slowlog-get/, and Valkey's COMMANDLOG.
//
// Every poll asks for the newest entry, and for the length unless that stands (SlowlogLength),
// which it does only where settings may. Ids grow by one, so the newest tells how many entries are
// new; if that is more than one they are asked for. Entries that the server dropped before we saw
// them count as command "other". The newest ones are kept as they are (Collection::slow). Where the
// poll is recorded, the same entries are told one by one; what is new for the record, which may
// know of a time before this daemon's, is another matter.
#include <algorithm>
#include <array>

#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

constexpr int kCommandlogSince = 80100;  // Valkey has COMMANDLOG

constexpr std::int64_t kMostEntries = 10'000;  // at most some 40 MB
constexpr std::int64_t kArrivingMeanwhile = 16;
constexpr int kMostTries = 3;                               // of a poll
constexpr std::int64_t kHighestId = std::int64_t{1} << 53;  // ids beyond are no ids

constexpr std::size_t kMostCommands = 500;
constexpr std::size_t kLongestCommand = 64;
constexpr std::string_view kOther = "other";

// Commands whose first argument is a command of its own; commandstats joins the two by a bar.
constexpr std::string_view kContainers[] = {"acl",      "client",  "cluster", "command", "config",
                                            "function", "latency", "memory",  "module",  "object",
                                            "pubsub",   "script",  "slowlog", "xgroup",  "xinfo"};

struct Entry {
  std::int64_t id;
  double usec;
  const Reply* args;
  const Reply* whole;
};

std::optional<Entry> entry_of(const Reply& reply) {
  if (reply.elements.size() < 4) return {};
  const auto id = reply.elements[0].as_integer();
  const auto usec = reply.elements[2].as_integer();
  if (!id || !usec || *id < 0 || *id > kHighestId) return {};
  return Entry{*id, static_cast<double>(*usec), &reply.elements[3], &reply};
}

void append_lower(std::string& out, std::string_view text) {
  std::ranges::transform(text, std::back_inserter(out), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
}

std::string command_of(const Reply& args) {
  std::string command;
  if (args.elements.empty()) return std::string(kOther);
  append_lower(command, args.elements[0].string());
  if (args.elements.size() > 1 && std::ranges::count(kContainers, command) != 0) {
    command += '|';
    append_lower(command, args.elements[1].string());
  }
  if (command.empty() || command.size() > kLongestCommand) return std::string(kOther);
  return command;
}

CommandTotals& totals_of(std::string_view command, Remembered& remembered) {
  auto found = remembered.slowlog.find(command);
  if (found == remembered.slowlog.end()) {
    const bool full = remembered.slowlog.size() >= kMostCommands;
    found = remembered.slowlog.try_emplace(std::string(full ? kOther : command)).first;
  }
  return found->second;
}

SlowCommand slow_command_of(const Entry& entry) {
  const std::vector<Reply>& elements = entry.whole->elements;
  SlowCommand command;
  command.id = entry.id;
  command.logged_at =
      std::clamp<std::int64_t>(elements[1].as_integer().value_or(0), 0, kLatestSecond);
  constexpr double kLongest = 1e3 * kLongestMilliseconds;
  command.duration =
      std::chrono::microseconds(static_cast<std::int64_t>(std::clamp(entry.usec, 0.0, kLongest)));
  for (const Reply& arg : entry.args->elements) command.args.emplace_back(arg.string());
  if (elements.size() > 4) command.client_address = elements[4].string();
  if (elements.size() > 5) command.client_name = elements[5].string();
  return command;
}

void keep_entry(const Entry& entry, Collection& collection) {
  if (collection.slow.size() < kMostSlowCommands) collection.slow.push_back(slow_command_of(entry));
}

// Tells the record of those that are new for it.
void record_entries(const Reply& reply, Recording& recording) {
  std::vector<SlowCommand> commands;
  for (const Reply& element : reply.elements) {
    const auto entry = entry_of(element);
    if (entry && entry->id > recording.last_slow()) commands.push_back(slow_command_of(*entry));
  }
  recording.add_slow(std::move(commands));
}

// Counts the entries newer than the last one counted.
void count_entries(const Reply& reply, Collection& collection) {
  if (collection.recording != nullptr) record_entries(reply, *collection.recording);
  Remembered& remembered = collection.remembered;
  const std::int64_t last = remembered.slowlog_last_id.value_or(-1);
  std::int64_t newest = last;
  std::int64_t counted = 0;
  for (const Reply& element : reply.elements) {
    const auto entry = entry_of(element);
    if (!entry || entry->id <= last) continue;
    CommandTotals& totals = totals_of(command_of(*entry->args), remembered);
    totals.calls += 1;
    totals.usec += entry->usec;
    keep_entry(*entry, collection);
    newest = std::max(newest, entry->id);
    ++counted;
  }
  if (const std::int64_t dropped = newest - last - counted; dropped > 0) {
    totals_of(kOther, remembered).calls += static_cast<double>(dropped);
  }
  remembered.slowlog_last_id = newest;
}

// Up to which id nobody needs entries.
std::int64_t last_seen(const Collection& collection) {
  const std::int64_t counted = collection.remembered.slowlog_last_id.value_or(-1);
  const Recording* recording = collection.recording;
  return recording == nullptr ? counted : std::min(counted, recording->last_slow());
}

// Asks for those up to the newest, and for some that may come until then.
void ask_entries(std::int64_t fresh, int tries, Collection& collection) {
  const std::int64_t ask = std::min(fresh + kArrivingMeanwhile, kMostEntries);
  collection.follow_up.push_back(
      {"slowlog",
       {"SLOWLOG", "GET", std::to_string(ask)},
       [ask, tries](const Reply& reply, Collection& into) {
         const std::int64_t last = last_seen(into);
         const auto size = static_cast<std::int64_t>(reply.elements.size());
         const auto newest = size == 0 ? std::nullopt : entry_of(reply.elements.front());
         const auto oldest = size == 0 ? std::nullopt : entry_of(reply.elements.back());
         // So many came meanwhile that the answer does not reach back to what was seen.
         if (tries > 1 && ask < kMostEntries && size >= ask && newest && oldest &&
             oldest->id > last + 1) {
           ask_entries(2 * (newest->id - last), tries - 1, into);
           return;
         }
         count_entries(reply, into);
       }});
}

void add_length(double length, Collection& collection) {
  collection.out.add(collection.families[Metric::kSlowlogLength], length);
}

std::optional<double> read_length(const Reply& reply, Collection& collection) {
  const auto length = reply.as_integer();
  if (!length) return std::nullopt;
  add_length(static_cast<double>(*length), collection);
  return static_cast<double>(*length);
}

// Asked after the newest entry: where another one came between, the next poll sees that and asks.
void tell_length(std::int64_t newest, Collection& collection) {
  const auto& known = collection.server.slowlog_length;
  if (known && known->newest == newest) {
    add_length(known->length, collection);
    return;
  }
  collection.follow_up.push_back(
      {"slowlog", {"SLOWLOG", "LEN"}, [newest](const Reply& reply, Collection& into) {
         if (const auto length = read_length(reply, into)) {
           into.server.slowlog_length = {newest, *length};
         }
       }});
}

void read_newest(const Reply& reply, Collection& collection) {
  if (!reply.is_array()) return;
  std::optional<Entry> newest;
  if (!reply.elements.empty()) newest = entry_of(reply.elements.front());
  collection.out.add(collection.families[Metric::kSlowlogLastId],
                     newest ? static_cast<double>(newest->id) : 0);
  collection.out.add(collection.families[Metric::kLastSlowExecution],
                     newest ? newest->usec / 1e6 : 0);

  const std::int64_t id = newest ? newest->id : -1;
  if (collection.server.standing.has_any_settings()) tell_length(id, collection);
  Remembered& remembered = collection.remembered;
  if (!remembered.slowlog_last_id) {
    remembered.slowlog_last_id = id;  // what is there already is not news
    if (newest) keep_entry(*newest, collection);
  }
  if (collection.recording != nullptr) collection.recording->newest_slow(id);
  const std::int64_t fresh = id - last_seen(collection);
  if (fresh <= 1) {
    count_entries(reply, collection);
  } else {
    ask_entries(fresh, kMostTries, collection);
  }
}

void plan_commandlog(std::vector<Request>& out) {
  static constexpr std::array<std::pair<std::string_view, Metric>, 3> kLogs = {{
      {"slow", Metric::kCommandlogSlowLength},
      {"large-request", Metric::kCommandlogLargeRequestLength},
      {"large-reply", Metric::kCommandlogLargeReplyLength},
  }};
  for (const auto& [name, metric] : kLogs) {
    out.push_back({"commandlog",
                   {"COMMANDLOG", "LEN", std::string(name)},
                   [metric](const Reply& reply, Collection& collection) {
                     const auto length = reply.as_integer();
                     if (!length) return;
                     collection.out.add(collection.families[metric], static_cast<double>(*length));
                   }});
  }
}

}  // namespace

void plan_slowlog(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out) {
  if (!options.slowlog) return;
  out.push_back({"slowlog", {"SLOWLOG", "GET", "1"}, read_newest});
  if (!server.standing.has_any_settings()) {
    out.push_back({"slowlog", {"SLOWLOG", "LEN"}, [](const Reply& reply, Collection& into) {
                     read_length(reply, into);
                   }});
  }
  if (server.valkey_number >= kCommandlogSince) plan_commandlog(out);
}

void finish_slowlog(Collection& collection) {
  Remembered& remembered = collection.remembered;
  if (!collection.options.slowlog || !remembered.slowlog_last_id) return;
  // A sample before the first entry, so that its increase can be seen.
  remembered.slowlog.try_emplace(std::string(kOther));
  for (const auto& [command, totals] : remembered.slowlog) {
    collection.out.add(collection.families[Metric::kSlowlogEntries], totals.calls,
                       {{"cmd", command}});
    collection.out.add(collection.families[Metric::kSlowlogSeconds], totals.usec / 1e6,
                       {{"cmd", command}});
  }
}

}  // namespace hitwatch::redis
