#include "collectors/tap/resp/answer.h"

#include <algorithm>
#include <array>

namespace hitwatch::resp {
namespace {

bool is_aggregate(ReplyType type) {
  return type == ReplyType::kArray || type == ReplyType::kMap || type == ReplyType::kSet;
}

std::uint16_t shape(const ReplyEvent& reply) {
  switch (reply.type) {
    case ReplyType::kSimple:
      return reply.text == "OK" ? kOk : kSimple;
    case ReplyType::kInteger:
      return kInteger;
    case ReplyType::kBulk:
      return kBulk;
    case ReplyType::kNull:
      return kNull;
    case ReplyType::kArray:
      return kArray;
    case ReplyType::kMap:
      return kMap;
    case ReplyType::kSet:
      return kSetOf;
    case ReplyType::kDouble:
      return kDouble;
    case ReplyType::kBoolean:
      return kBoolean;
    case ReplyType::kBigNumber:
      return kBigNumber;
    default:
      return 0;
  }
}

bool is_in_bound(const CommandRow& row, const Record& record, const ReplyEvent& reply) {
  const std::int64_t number = reply.number;
  if (reply.type == ReplyType::kInteger) {
    if (row.bound == Bound::kFlag) return number == 0 || number == 1;
    if (row.bound == Bound::kKeys) return number >= 0 && number <= record.keys;
    return true;
  }
  if (reply.type != ReplyType::kArray || number < 0) return true;
  if (row.bound == Bound::kPerKey) return number == record.keys || record.has(Record::kUnseen);
  if (row.bound == Bound::kPerField)
    return number == static_cast<std::int64_t>(record.arguments) - 2;
  if (row.bound == Bound::kPairs) return number % 2 == 0;
  return true;
}

constexpr auto kRedirections =
    std::to_array<std::string_view>({"ASK", "CLUSTERDOWN", "MOVED", "TRYAGAIN"});
constexpr auto kRefusals = std::to_array<std::string_view>(
    {"BUSY", "CROSSSLOT", "DENIED", "LOADING", "MASTERDOWN", "MISCONF", "NOAUTH", "NOPERM",
     "NOREPLICAS", "OOM", "READONLY"});
// Of those that begin with ERR.
constexpr auto kRefusalTexts = std::to_array<std::string_view>(
    {"ERR Can't execute", "ERR Command not allowed inside a transaction",
     "ERR DEBUG command not allowed", "ERR MODULE command not allowed", "ERR Protocol error",
     "ERR max number of clients", "ERR unknown command", "ERR unknown subcommand",
     "ERR wrong number of arguments"});

Exchange::Lookups lookups_of(Lookup lookup, std::uint32_t count) {
  switch (lookup) {
    case Lookup::kHit:
      return {.hits = count};
    case Lookup::kMiss:
      return {.misses = count};
    case Lookup::kUndecided:
      return {.undecided = count};
    case Lookup::kNone:
      break;
  }
  return {};
}

}  // namespace

bool fits(const Record& record, const ReplyEvent& reply) {
  if (reply.type == ReplyType::kError) return true;
  const CommandRow& row = row_at(record.row);
  std::uint16_t shapes = row.shapes;
  if (row.words == Words::kSet) {
    shapes = record.has(Record::kGets) ? kBulk | kNull : kOk | kNull;
  }
  return (shapes & shape(reply)) != 0 &&
         !(reply.type == ReplyType::kSimple && reply.text == "QUEUED") &&
         is_in_bound(row, record, reply);
}

ErrorKind error_kind(const CommandRow& row, std::string_view text) {
  ErrorKind kind{.error = ReplyError::kFailed, .code = text.substr(0, text.find(' '))};
  kind.code = kind.code.substr(0, 32);
  if (kind.code == "ERR") {
    if (std::ranges::any_of(kRefusalTexts, [&](auto start) { return text.starts_with(start); })) {
      kind.error = ReplyError::kRefused;
    }
  } else if (kind.code == "EXECABORT") {
    // EXEC was called after something before it was refused, or was refused itself.
    kind.error = ReplyError::kRefused;
    kind.was_executed = !text.starts_with("EXECABORT Transaction discarded because of:");
    return kind;
  } else if (std::ranges::binary_search(kRedirections, kind.code)) {
    kind.error = ReplyError::kRedirected;
  } else if (std::ranges::binary_search(kRefusals, kind.code) &&
             !(row.effect == Effect::kHello && kind.code == "NOAUTH")) {
    kind.error = ReplyError::kRefused;
  }
  kind.was_executed = kind.error == ReplyError::kFailed;
  return kind;
}

void Answer::begin(const ReplyEvent& reply) {
  type_ = reply.type;
  number_ = reply.number;
  text_ = reply.text;
  bytes_ = reply.type == ReplyType::kBulk && reply.number > 0
               ? static_cast<std::uint64_t>(reply.number)
               : 0;
  index_ = nils_ = others_ = 0;
  has_positive_ = has_field_ = has_inner_ = false;
}

void Answer::element(const ReplyEvent& element, KeySlot* slot) {
  const bool is_nil = element.type == ReplyType::kNull;
  const std::uint64_t bytes = element.type == ReplyType::kBulk && element.number > 0
                                  ? static_cast<std::uint64_t>(element.number)
                                  : 0;
  bytes_ += bytes;
  if (is_nil) {
    ++nils_;
  } else {
    ++others_;
  }
  const bool is_integer = element.type == ReplyType::kInteger;
  if (!is_nil && !(is_integer && element.number == 0)) has_positive_ = true;
  if (!is_nil && !(is_integer && element.number == -2)) has_field_ = true;
  if (index_ == 1 && is_aggregate(element.type) && element.number != 0) has_inner_ = true;
  ++index_;
  if (slot == nullptr) return;
  slot->hits = is_nil ? 0 : 1;
  slot->misses = is_nil ? 1 : 0;
  slot->bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, 0xffffffffU));
}

void Answer::inner(const ReplyEvent& inner) {
  if (inner.type == ReplyType::kBulk && inner.number > 0) {
    bytes_ += static_cast<std::uint64_t>(inner.number);
  }
}

bool Answer::is_empty() const {
  switch (type_) {
    case ReplyType::kNull:
      return true;
    case ReplyType::kInteger:
    case ReplyType::kBulk:
    case ReplyType::kArray:
    case ReplyType::kMap:
    case ReplyType::kSet:
      // Of streamed ones it is known only when elements have come.
      return number_ == 0 || (number_ < 0 && is_aggregate(type_) && nils_ + others_ == 0);
    default:
      return false;
  }
}

Answer::Data Answer::data(const Record& record) const {
  const CommandRow& row = row_at(record.row);
  const bool gets = row.is_read || record.has(Record::kGets);
  if (!gets || is_error()) return {};
  switch (asks(row, record)) {
    case Asks::kValue:
      return type_ == ReplyType::kNull ? Data{0, 1} : Data{1, 0};
    case Asks::kCollection:
      return is_empty() ? Data{0, 1} : Data{1, 0};
    case Asks::kFields:
    case Asks::kOwnFields:
      if (type_ == ReplyType::kNull) return {0, 1};
      if (!is_aggregate(type_)) return {1, 0};
      return {others_, nils_};
    default:
      return {};
  }
}

Asks asks(const CommandRow& row, const Record& record) {
  if (record.has(Record::kUnseen)) return Asks::kUnseen;
  if (row.words == Words::kSet) return record.has(Record::kGets) ? Asks::kValue : Asks::kNothing;
  if (record.has(Record::kWrites)) return Asks::kNothing;
  return row.asks;
}

std::uint32_t sources(const CommandRow& row, const Record& record) {
  switch (row.sources) {
    case Sources::kAllKeys:
      return record.keys;
    case Sources::kFirstKey:
      return std::min(record.keys, 1U);
    case Sources::kAfterFirst:
      return record.keys > 0 ? record.keys - 1 : 0;
  }
  return 0;
}

Answer::Found Answer::of_error(const ErrorKind& error, std::uint32_t sources) const {
  if (sources == 1) {
    if (error.code == "WRONGTYPE" || text_.starts_with("ERR An LFU maxmemory policy")) {
      return {.total = {.hits = 1}, .lookup = Lookup::kHit};
    }
    if (error.code == "NOGROUP") return {.total = {.undecided = 1}, .lookup = Lookup::kUndecided};
    if (text_ == "ERR no such key") return {.total = {.misses = 1}, .lookup = Lookup::kMiss};
  }
  // How many it had looked up before it failed is not known.
  return {.is_unseen = true};
}

Answer::Found Answer::found(const Record& record, const ErrorKind& error) const {
  const CommandRow& row = row_at(record.row);
  const Asks asked = asks(row, record);
  if (asked == Asks::kNothing || asked == Asks::kOwnFields) return {};
  if (error.error != ReplyError::kNone && !error.was_executed) return {};
  if (asked == Asks::kUnseen) return {.is_unseen = true};
  const std::uint32_t count = sources(row, record);
  if (is_error()) return of_error(error, count);
  switch (asked) {
    case Asks::kValues:
      return {.total = {.hits = others_, .misses = nils_}};
    case Asks::kPaths:
      return {.total = {.hits = others_, .undecided = nils_}};
    case Asks::kHowMany: {
      const auto hits = static_cast<std::uint32_t>(std::clamp<std::int64_t>(number_, 0, count));
      Lookup each = Lookup::kUndecided;
      if (hits == count) each = Lookup::kHit;
      if (hits == 0) each = Lookup::kMiss;
      return {.total = {.hits = hits, .misses = count - hits}, .lookup = each};
    }
    case Asks::kUnion:
    case Asks::kSome:
    case Asks::kFirst:
      if (count > 1 && !is_empty()) {
        return {.total = {.hits = 1, .undecided = count - 1}, .lookup = Lookup::kUndecided};
      }
      break;
    default:
      break;
  }
  const Lookup each = lookup(asked, record.has(Record::kPartial), count);
  return {.total = lookups_of(each, count), .lookup = each};
}

// What holds for each key that is looked up.
Lookup Answer::lookup(Asks asks, bool is_partial, std::uint32_t sources) const {
  const auto if_hit = [](bool is_hit, Lookup otherwise) {
    return is_hit ? Lookup::kHit : otherwise;
  };
  switch (asks) {
    case Asks::kValue:
      return if_hit(type_ != ReplyType::kNull, Lookup::kMiss);
    case Asks::kFields:
      return if_hit(is_aggregate(type_) ? others_ > 0 : type_ != ReplyType::kNull,
                    Lookup::kUndecided);
    case Asks::kCollection:
      return if_hit(!is_empty(), is_partial ? Lookup::kUndecided : Lookup::kMiss);
    case Asks::kPart:
    case Asks::kSome:
      return if_hit(!is_empty(), Lookup::kUndecided);
    case Asks::kAll:
    case Asks::kFirst:
      return if_hit(!is_empty(), sources == 1 ? Lookup::kMiss : Lookup::kUndecided);
    case Asks::kUnion:
      return if_hit(!is_empty(), Lookup::kMiss);
    case Asks::kAny:
      return if_hit(has_positive_, Lookup::kUndecided);
    case Asks::kTimes:
      return if_hit(has_field_, Lookup::kUndecided);
    case Asks::kScan:
      return if_hit(has_inner_, Lookup::kUndecided);
    case Asks::kTimeToLive:
      return if_hit(number_ != -2, Lookup::kMiss);
    case Asks::kPosition:
      return if_hit(number_ > 0, Lookup::kUndecided);
    case Asks::kType:
      return if_hit(text_ != "none", Lookup::kMiss);
    case Asks::kThere:
      return Lookup::kHit;
    case Asks::kEither:
      return Lookup::kUndecided;
    default:
      return Lookup::kNone;
  }
}

}  // namespace hitwatch::resp
