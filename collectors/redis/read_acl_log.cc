// ACL LOG, https://redis.io/docs/latest/commands/acl-log/: denials become a counter by reason.
//
// The server merges denials of one kind within a minute into one entry, whose count grows; entries
// age out at the end. What is counted is how much the count of each entry grew since it was last
// seen. Entries have an id from Redis 7.2 on. Before, those of the same reason, context, object and
// user are taken together. If their sum fell, either all of them are younger than the last reading:
// the log was reset since, and they are all new; or older ones aged out, and nothing is counted.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "collectors/redis/info.h"
#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

constexpr int kAclLog = 60000;  // Redis has ACL LOG

constexpr std::string_view kMostAclEntries = "1024";      // when something was denied
constexpr std::string_view kMostEntriesEachPoll = "128";  // the server's own default length
// Where errors tell of denials.
constexpr std::chrono::minutes kLongestUnread{1};
// From one doubt to the next, if it is others' calls of ACL LOG that raise it.
constexpr std::chrono::minutes kDoubtsApart{1};
constexpr std::size_t kMostReasons = 16;
constexpr std::size_t kLongestReason = 32;
// Ages are as of the reply, times of reading as of the beginning of the poll.
constexpr double kReplyDelay = 1;
constexpr std::string_view kKnownReasons[] = {"auth", "channel", "command", "key"};
constexpr std::string_view kOtherReason = "other";

struct AclEntry {
  std::string key;
  std::string_view reason;
  std::int64_t count = 0;
  double age = std::numeric_limits<double>::infinity();  // seconds since its count last grew
};

// Entries taken together.
struct Denials {
  std::string_view reason;
  std::int64_t count = 0;
  double oldest = 0;  // the greatest age
};

std::optional<AclEntry> acl_entry_of(const Reply& reply) {
  std::string_view reason, context, object, user;
  std::optional<std::int64_t> count, id;
  std::optional<double> age;
  for_each_pair(reply, [&](std::string_view name, const Reply& value) {
    if (name == "count") count = value.as_integer();
    if (name == "reason") reason = value.string();
    if (name == "context") context = value.string();
    if (name == "object") object = value.string();
    if (name == "username") user = value.string();
    if (name == "age-seconds") age = parse_number(value.string());
    if (name == "entry-id") id = value.as_integer();
  });
  if (!count || *count < 0 || *count > std::int64_t{1} << 53) return {};
  AclEntry entry{.key = {}, .reason = reason, .count = *count};
  if (age) entry.age = *age;
  if (id) {
    entry.key = std::to_string(*id);
  } else {
    entry.key = fmt::format("{:.64}\n{:.64}\n{:.256}\n{:.256}", reason, context, object, user);
  }
  return entry;
}

double& total_of(std::string_view reason, Remembered& remembered) {
  auto found = remembered.acl_log.find(reason);
  if (found == remembered.acl_log.end()) {
    const bool fits = remembered.acl_log.size() < kMostReasons && !reason.empty() &&
                      reason.size() <= kLongestReason;
    found = remembered.acl_log.try_emplace(std::string(fits ? reason : kOtherReason)).first;
  }
  return found->second;
}

std::map<std::string, Denials> denials_of(const Reply& reply) {
  std::map<std::string, Denials> result;
  for (const Reply& element : reply.elements) {
    const auto entry = acl_entry_of(element);
    if (!entry) continue;
    Denials& denials = result[entry->key];
    denials.reason = entry->reason;
    denials.count += entry->count;
    denials.oldest = std::max(denials.oldest, entry->age);
  }
  return result;
}

std::int64_t new_ones(const std::string& key, const Denials& denials, const Remembered& remembered,
                      double seconds_since) {
  const auto before = remembered.acl_log_seen->find(key);
  if (before == remembered.acl_log_seen->end()) return denials.count;
  if (denials.count >= before->second) return denials.count - before->second;
  return denials.oldest < seconds_since ? denials.count : 0;
}

double calls_of_acl_log(const ServerFacts& server) {
  const CommandTotals* totals = server.commands.find("acl|log");
  return totals == nullptr ? 0 : totals->calls;
}

bool has_passed(std::chrono::minutes span, std::chrono::system_clock::time_point since,
                std::chrono::system_clock::time_point now) {
  return now < since || now - since >= span;
}

// Whether errors that did not move leave a doubt. Without entry ids a reset must be seen before
// the next denial; if somebody else has called ACL LOG, it may have been that. But it may be
// another daemon that reads the log, and doubts as we do: the two must not answer each other.
bool is_doubtful(Collection& collection) {
  Remembered& remembered = collection.remembered;
  const auto now = collection.now;
  if (!collection.server.acl_denials_are_errors) return false;
  if (has_passed(kLongestUnread, remembered.acl_log_read, now)) return true;
  if (calls_of_acl_log(collection.server) == remembered.acl_log_calls) return false;
  if (!has_passed(kDoubtsApart, remembered.acl_log_doubted, now)) return false;
  remembered.acl_log_doubted = now;
  return true;
}

void read_acl_log(const Reply& reply, Collection& collection) {
  if (!reply.is_array()) return;
  Remembered& remembered = collection.remembered;
  const double seconds_since =
      std::chrono::duration<double>(collection.now - remembered.acl_log_read).count() + kReplyDelay;
  std::map<std::string, std::int64_t> seen;
  for (const auto& [key, denials] : denials_of(reply)) {
    if (remembered.acl_log_seen) {
      const std::int64_t count = new_ones(key, denials, remembered, seconds_since);
      if (count > 0) total_of(denials.reason, remembered) += static_cast<double>(count);
    }
    seen[key] = denials.count;
  }
  remembered.acl_log_seen = std::move(seen);
  remembered.acl_log_read = collection.now;
  remembered.acl_denials = collection.server.acl_denials;
  remembered.acl_log_calls = calls_of_acl_log(collection.server) + 1;
}

}  // namespace

// From Redis 7 on INFO counts denials, or errors that may be some, and follow_acl_denials() asks
// when they moved.
void plan_acl_log(const ServerFacts& server, const CollectOptions& options,
                  std::vector<Request>& out) {
  if (!options.acl_log || server.version_number < kAclLog || server.acl_denials >= 0) return;
  if (server.dragonfly) return;
  out.push_back({"acl_log", {"ACL", "LOG", std::string(kMostEntriesEachPoll)}, read_acl_log});
}

void follow_acl_denials(Collection& collection) {
  const ServerFacts& server = collection.server;
  if (!collection.options.acl_log || server.acl_denials < 0 || server.mode == "sentinel") return;
  if (server.acl_denials == collection.remembered.acl_denials && !is_doubtful(collection)) return;
  collection.follow_up.push_back(
      {"acl_log", {"ACL", "LOG", std::string(kMostAclEntries)}, read_acl_log});
}

void finish_acl_log(Collection& collection) {
  Remembered& remembered = collection.remembered;
  if (!collection.options.acl_log || !remembered.acl_log_seen) return;
  // A sample before the first denial, so that its increase can be seen.
  for (const std::string_view reason : kKnownReasons) total_of(reason, remembered);
  for (const auto& [reason, total] : remembered.acl_log) {
    collection.out.add(collection.families[Metric::kAclLogEntries], total, {{"reason", reason}});
  }
}

}  // namespace hitwatch::redis
