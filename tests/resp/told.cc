#include "tests/resp/told.h"

#include <sstream>

namespace hitwatch::resp::test {
namespace {

const char* lookup_name(Lookup lookup) {
  switch (lookup) {
    case Lookup::kNone:
      return "";
    case Lookup::kHit:
      return " hit";
    case Lookup::kMiss:
      return " miss";
    case Lookup::kUndecided:
      return " undecided";
  }
  return "?";
}

}  // namespace

std::string to_string(const Told& told) {
  std::ostringstream out;
  out << told.name;
  for (const Told::Use& use : told.uses) {
    out << " [" << use.key;
    if (use.hits + use.misses > 0) out << ' ' << use.hits << '/' << use.misses;
    out << lookup_name(use.lookup);
    if (use.bytes_in > 0) out << " in " << use.bytes_in;
    if (use.bytes_out > 0) out << " out " << use.bytes_out;
    out << ']';
  }
  if (told.hits + told.misses + told.undecided > 0) {
    out << " = " << told.hits << '/' << told.misses << '/' << told.undecided;
  }
  switch (told.error) {
    case ReplyError::kNone:
      break;
    case ReplyError::kRedirected:
      out << " redirected " << told.code;
      break;
    case ReplyError::kRefused:
      out << " refused " << told.code;
      break;
    case ReplyError::kFailed:
      out << " failed " << told.code;
      break;
  }
  if (told.in_transaction) out << " in transaction";
  if (told.unseen) out << " unseen";
  if (!told.executed) out << " not executed";
  if (told.without_reply) out << " without reply";
  return out.str();
}

void Teller::exchange(const Exchange& exchange) {
  Told one{.name = std::string(exchange.name),
           .uses = {},
           .hits = exchange.lookups.hits,
           .misses = exchange.lookups.misses,
           .undecided = exchange.lookups.undecided,
           .error = exchange.error,
           .code = std::string(exchange.error_code),
           .library = std::string(exchange.peer->library),
           .is_ours = exchange.peer->is_ours,
           .in_transaction = exchange.in_transaction,
           .unseen = exchange.has_unseen_lookups,
           .executed = exchange.executed,
           .without_reply = exchange.without_reply,
           .request_bytes = exchange.request_bytes,
           .reply_bytes = exchange.reply_bytes,
           .time = exchange.time,
           .latency = exchange.latency};
  for (const KeyUse& use : exchange.keys) {
    one.uses.push_back(
        {std::string(use.key), use.hits, use.misses, use.lookup, use.bytes_in, use.bytes_out});
  }
  told.push_back(std::move(one));
}

std::string request(const std::vector<std::string>& arguments) {
  std::string bytes = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return bytes;
}

std::string words(std::string_view line) {
  std::istringstream in{std::string(line)};
  std::vector<std::string> arguments;
  for (std::string word; in >> word;) arguments.push_back(word);
  return request(arguments);
}

Dialogue::Dialogue(bool from_start)
    : conversation(surroundings, packets::Endpoint{{}, 50000}, packets::Endpoint{{}, 6379}) {
  if (from_start) conversation.begins();
}

void Dialogue::client(std::string_view bytes) {
  time += 1'000'000;
  conversation.bytes({.side = packets::Side::kClient,
                      .bytes = bytes,
                      .time = time,
                      .begins_segment = true,
                      .behind = 0});
}

void Dialogue::server(std::string_view bytes, std::int64_t behind) {
  time += 100'000;
  conversation.bytes({.side = packets::Side::kServer,
                      .bytes = bytes,
                      .time = time,
                      .begins_segment = true,
                      .behind = behind});
}

std::vector<std::string> Dialogue::lines() {
  std::vector<std::string> lines;
  for (const Told& told : teller.told) lines.push_back(to_string(told));
  teller.told.clear();
  return lines;
}

}  // namespace hitwatch::resp::test
