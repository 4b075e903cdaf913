#include "collectors/keyspace/check_notes.h"

#include <fmt/format.h>

namespace hitwatch::keyspace {
namespace {

// `{}` is the number of times.
const char* sentence(Shortfall why) {
  switch (why) {
    case Shortfall::kSelectorCut:
      return "{} selectors match more than 10,000 keys; only so many are looked at";
    case Shortfall::kScanRefused:
      return "{} scans could not be ended, so their figures are left out or incomplete";
    case Shortfall::kCountUncertain:
      return "{} counts are of more than 1,000,000 keys and may hold some of them twice";
    case Shortfall::kLongNames:
      return "{} keys have names of more than 4096 bytes and are passed over";
    case Shortfall::kOtherNodes:
      return "{} keys belong to other nodes of the cluster";
    case Shortfall::kForeignKeys:
      return "{} keys are here though they belong to other nodes of the cluster";
    case Shortfall::kSlotsUnknown:
      return "{} keys are passed over because the node does not say which slots it has";
    case Shortfall::kValuesCut:
      return "{} values are longer than 4096 bytes; their labels hold only the beginning";
    case Shortfall::kValuesTooLong:
      return "{} values are longer than 1 MiB and are not read";
    case Shortfall::kStreamGroupsCut:
      return "the groups of {} streams are left out: there would be more than 10,000 in all";
    case Shortfall::kStreamConsumersCut:
      return "the consumers of {} groups are left out: there would be more than 10,000 in all";
    case Shortfall::kGroupsCut:
      return "{} databases have more than 100,000 groups of keys; the rest counts as overflow";
    case Shortfall::kGroupsCostly:
      return "{} keys take too much work to match and count as unclassified";
    case Shortfall::kGroupsGivenUp:
      return "the groups of {} databases are left out: matching their patterns takes too much work";
    case Shortfall::kMemoryUnknown:
      return "the server does not say the memory of {} keys; their groups show none";
    case Shortfall::kStreamsUntouchable:
      return "{} selectors of streams are left out: on this server, looking at a stream would keep "
             "it from being evicted";
    case Shortfall::kNoDatabase:
      return "{} selectors are left out: SELECT of their database fails";
  }
  return "{} more shortfalls";
}

}  // namespace

std::vector<std::string> notes_of(const CheckRound& round, const CommandRefusals& refusals) {
  std::vector<std::string> notes;
  const auto note = [&notes](const char* text, std::uint64_t times) {
    if (times > 0) notes.push_back(fmt::format(fmt::runtime(text), times));
  };
  for (const auto& [why, times] : round.shortfalls) note(sentence(why), times);
  const Conversation::Counts& counts = round.conversation.counts();
  note(
      "the sizes and values of keys are left out ({} commands): on this server, looking at a key "
      "would keep it from being evicted",
      counts.untouchable);
  note("{} commands about keys that we may not read are left out or refused", counts.denied_keys);
  note("{} commands were redirected to other nodes of the cluster", counts.moved);
  if (counts.failed > 0) {
    notes.push_back(
        fmt::format("{} commands failed, the last one {}", counts.failed, counts.last_failure));
  }
  const std::string refused = refusals.commands_text();
  if (!refused.empty()) notes.push_back("the server refuses us " + refused);
  if (round.out.dropped() > 0) {
    notes.push_back(fmt::format("{} series are left out: there are too many", round.out.dropped()));
  }
  return notes;
}

bool is_complete(const CheckRound& round, const CommandRefusals& refusals) {
  for (const auto& [why, times] : round.shortfalls) {
    if (why != Shortfall::kOtherNodes && why != Shortfall::kForeignKeys) return false;
  }
  const Conversation::Counts& counts = round.conversation.counts();
  return counts.untouchable + counts.denied_keys + counts.moved + counts.failed == 0 &&
         refusals.commands_text().empty() && round.out.dropped() == 0;
}

}  // namespace hitwatch::keyspace
