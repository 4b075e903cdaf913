#include "collectors/tap/connections.h"

#include <bit>
#include <chrono>
#include <cstring>
#include <optional>

#include "collectors/lookups/hash.h"

namespace hitwatch::tap {
namespace {

using packets::Segment;
using packets::Side;

constexpr packets::Time kLongestSilence = std::chrono::nanoseconds(std::chrono::hours(1)).count();
// What passes two interfaces is captured twice within this. What comes by another one later may
// have another way now.
constexpr packets::Time kCopiesCome = std::chrono::nanoseconds(std::chrono::seconds(2)).count();
// Looked at for one to give way, and per call of forget_silent.
constexpr std::size_t kCandidates = 64;
constexpr std::size_t kSlotsPerCall = 4096;

bool is_mere_acknowledgement(const Segment& segment) {
  return segment.payload_length == 0 && !segment.syn && !segment.fin && !segment.rst;
}

}  // namespace

struct Connections::Connection {
  Connection(const Key& its_key, std::uint32_t its_interface, resp::Surroundings& surroundings)
      : key(its_key),
        interface(its_interface),
        reassembly(surroundings.pool),
        conversation(surroundings, its_key.client, its_key.server, its_key.network_namespace) {}

  Key key;
  std::uint32_t interface;
  bool has_spoken = false;  // there was a payload
  packets::Time last = 0;
  packets::Reassembly reassembly;
  resp::Conversation conversation;
};

Connections::Connections(std::size_t most, resp::Surroundings& surroundings)
    : most_(most), surroundings_(surroundings), slots_(2 * std::bit_ceil(most), kNone) {}

Connections::~Connections() = default;

std::uint64_t Connections::hash(const Key& key) {
  static const std::uint64_t secret = lookups::random_hash_key();
  constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;
  const auto mix = [&](std::uint64_t so_far, const packets::Address& address) {
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), address.bytes.data(), sizeof words);
    return lookups::mixed(lookups::mixed(so_far ^ words[0], kOdd) ^ words[1], kOdd);
  };
  const std::uint64_t ports = key.client.port | static_cast<std::uint64_t>(key.server.port) << 16U |
                              static_cast<std::uint64_t>(key.network_namespace) << 32U;
  return lookups::mixed(mix(mix(secret ^ ports, key.client.address), key.server.address),
                        secret | 1U);
}

std::size_t Connections::slot_of(const Key& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash(key) & mask;
  while (slots_[slot] != kNone && connections_[slots_[slot]]->key != key) slot = (slot + 1) & mask;
  return slot;
}

// A connection begins with a SYN, or with bytes where nobody saw one. What else is said of one that
// is not known, such as the last acknowledgement of one that has ended, begins none.
void Connections::take(const Segment& segment, Origin origin, const packets::PortFilter& filter) {
  const bool to_server = filter.is_server(segment.destination.port);
  const bool from_server = filter.is_server(segment.source.port);
  const auto key_from = [&](Side side) {
    return side == Side::kClient
               ? Key{segment.source, segment.destination, origin.network_namespace}
               : Key{segment.destination, segment.source, origin.network_namespace};
  };
  Side side = to_server ? Side::kClient : Side::kServer;
  Key key = key_from(side);
  std::size_t slot = slot_of(key);
  if (slots_[slot] == kNone && to_server && from_server) {
    // Servers that talk with each other: the other way round it may be known.
    const Key reverse = key_from(Side::kServer);
    const std::size_t other = slot_of(reverse);
    const bool answers = segment.syn && segment.ack;
    if (slots_[other] != kNone || answers) {
      side = Side::kServer;
      key = reverse;
      slot = other;
    }
  }
  if (slots_[slot] != kNone) {
    Connection& known = *connections_[slots_[slot]];
    const bool is_elsewhere = known.interface != origin.interface;
    if (is_elsewhere &&
        (is_mere_acknowledgement(segment) || segment.time - known.last < kCopiesCome)) {
      ++counters_.elsewhere;
      return;
    }
    if (!(is_elsewhere && segment.syn) && !known.reassembly.begins_anew(side, segment)) {
      // After a silence the copy on another interface may be read first: it goes on there, and what
      // was read here already is known by its sequence numbers.
      known.interface = origin.interface;
      continue_with(slot, side, segment);
      return;
    }
    remove(slot);
  }
  if (!segment.syn && segment.payload_length == 0) return;
  if (segment.rst) return;
  slot = add(key, origin.interface);
  if (segment.syn) connections_[slots_[slot]]->conversation.begins();
  continue_with(slot, side, segment);
}

void Connections::continue_with(std::size_t slot, Side side, const Segment& segment) {
  Connection& connection = *connections_[slots_[slot]];
  connection.last = segment.time;
  connection.has_spoken = connection.has_spoken || segment.payload_length > 0;
  connection.reassembly.take(side, segment, connection.conversation);
  if (connection.reassembly.is_closed()) remove(slot);
}

std::size_t Connections::add(const Key& key, std::uint32_t interface) {
  if (counters_.now >= most_) make_room();
  Index index = 0;
  if (free_.empty()) {
    index = static_cast<Index>(connections_.size());
    connections_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  connections_[index] = std::make_unique<Connection>(key, interface, surroundings_);
  const std::size_t slot = slot_of(key);  // after make_room, which moves slots
  slots_[slot] = index;
  ++counters_.now;
  ++counters_.seen;
  return slot;
}

void Connections::remove(std::size_t slot) {
  const Index index = slots_[slot];
  connections_[index].reset();
  free_.push_back(index);
  --counters_.now;
  // Those that follow move up, where they were kept from their own slots.
  const std::size_t mask = slots_.size() - 1;
  std::size_t gap = slot;
  for (std::size_t at = (slot + 1) & mask; slots_[at] != kNone; at = (at + 1) & mask) {
    const std::size_t home = hash(connections_[slots_[at]]->key) & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = kNone;
}

void Connections::make_room() {
  std::optional<std::size_t> quietest;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t seen = 0; seen < kCandidates; hand_ = (hand_ + 1) & mask) {
    if (slots_[hand_] == kNone) continue;
    ++seen;
    if (!quietest || is_quieter(hand_, *quietest)) quietest = hand_;
    if (seen == counters_.now) break;
  }
  remove(*quietest);
  ++counters_.evicted;
}

void Connections::forget_silent(packets::Time now) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < kSlotsPerCall; ++i, hand_ = (hand_ + 1) & mask) {
    // What moves up into the slot is looked at the next time.
    if (slots_[hand_] != kNone && now - last_in(hand_) > kLongestSilence) remove(hand_);
  }
}

void Connections::keep_only(const packets::PortFilter& filter) {
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    while (slots_[slot] != kNone &&
           !filter.is_server(connections_[slots_[slot]]->key.server.port)) {
      remove(slot);
    }
  }
}

// One that never said anything, as of a flood of SYNs, goes before any that did.
bool Connections::is_quieter(std::size_t slot, std::size_t other) const {
  const Connection& one = *connections_[slots_[slot]];
  const Connection& two = *connections_[slots_[other]];
  if (one.has_spoken != two.has_spoken) return two.has_spoken;
  return one.last < two.last;
}

packets::Time Connections::last_in(std::size_t slot) const {
  return connections_[slots_[slot]]->last;
}

}  // namespace hitwatch::tap
