#include "collectors/keys/automaton.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hitwatch::keys {

using Op = Step::Op;

Matcher::Automaton::Automaton(std::vector<Rule> rules)
    : rules_(std::move(rules)), program_(rules_), captures_(rules_) {
  sort_bytes_into_classes();
  start_over();
}

// A class for each byte that some rule names, and one for all others.
void Matcher::Automaton::sort_bytes_into_classes() {
  ByteSet named;
  for (Position at = 0; at < program_.size(); ++at) {
    const Step& step = program_.step(at);
    if (step.op == Op::kRest || step.op == Op::kEnd) continue;
    named.set(step.byte);
    if (step.op != Op::kLiteral) named.set(step.separator);
  }
  if (!named.all()) class_count_ = 1;
  for (std::size_t byte = 0; byte < classes_.size(); ++byte) {
    if (named[byte]) classes_[byte] = static_cast<std::uint8_t>(class_count_++);
  }
}

// --- reading
// --------------------------------------------------------------------------------------

Match Matcher::Automaton::match(std::string_view key) {
  if (plain_keys_ > 0) {
    --plain_keys_;
    return match_plainly(key);
  }
  read_ += key.size();
  const std::int32_t winner = states_[read(key)].winner;
  return winner < 0 ? Match{} : captures_.find(rules_, static_cast<std::size_t>(winner), key);
}

Matcher::Automaton::StateId Matcher::Automaton::read(std::string_view key) {
  const char* at = key.data();
  const char* const end = at + key.size();
  StateId id = 0;
  while (at != end) {
    const State& state = states_[id];
    if (state.kind == Kind::kDone) return id;
    if (state.kind == Kind::kRun && end - at >= state.run_size &&
        std::memcmp(at, state.run, state.run_size) == 0) {
      at += state.run_size;
      id = state.next != kUnknown ? state.next : after_text(id, {state.run, state.run_size});
      continue;
    }
    if (state.kind == Kind::kScan) {
      const char* const from = at;
      while (at != end && (stops_[static_cast<unsigned char>(*at)] & state.stop_bit) == 0) ++at;
      if (at != from) {
        id = state.next != kUnknown ? state.next : after_text(id, {from, 1});
        continue;
      }
    }
    const auto byte = static_cast<unsigned char>(*at++);
    const StateId next = rows_[state.row + classes_[byte]];
    id = next != kUnknown ? next : after_byte(id, byte);
  }
  return id;
}

Match Matcher::Automaton::match_plainly(std::string_view key) const {
  for (const Rule& rule : rules_) {
    if (Match match = match_one(rule, key)) return match;
  }
  return {};
}

// --- making states
// --------------------------------------------------------------------------------

void Matcher::Automaton::start_over() {
  // Where keys lead to new states all the time, making them costs more than it saves.
  constexpr std::size_t kBytesPerState = 16;
  constexpr std::size_t kPlainKeys = 10'000;
  if (read_ < states_.size() * kBytesPerState) plain_keys_ = kPlainKeys;
  read_ = 0;
  states_.clear();
  ids_.clear();
  rows_.assign(class_count_, kUnknown);
  bytes_ = 0;
  Positions list;
  for (std::size_t rule = 0; rule < program_.rules(); ++rule) {
    const Position start = program_.start(rule);
    list.push_back(start);
    if (program_.step(start).op == Op::kRest) break;
  }
  state_of(std::move(list));
}

Matcher::Automaton::Positions Matcher::Automaton::advance(const Positions& from,
                                                          unsigned char byte) const {
  Positions list;
  for (const Position position : from) {
    const Position next = program_.advance(position, byte);
    if (next == kNowhere) continue;
    list.push_back(next);
    if (program_.step(next).op == Op::kRest) break;
  }
  return list;
}

Matcher::Automaton::StateId Matcher::Automaton::after_byte(StateId from, unsigned char byte) {
  Positions list = advance(*states_[from].list, byte);
  if (is_full()) {
    start_over();
    return state_of(std::move(list));
  }
  const StateId to = state_of(std::move(list));
  State& state = states_[from];
  if (state.row == 0) {
    state.row = static_cast<std::uint32_t>(rows_.size());
    rows_.resize(rows_.size() + class_count_, kUnknown);
    bytes_ += class_count_ * sizeof(StateId);
  }
  rows_[state.row + classes_[byte]] = to;
  return to;
}

Matcher::Automaton::StateId Matcher::Automaton::after_text(StateId from, std::string_view text) {
  Positions list = *states_[from].list;
  for (const char c : text) list = advance(list, static_cast<unsigned char>(c));
  if (is_full()) {
    start_over();
    return state_of(std::move(list));
  }
  const StateId to = state_of(std::move(list));
  states_[from].next = to;
  return to;
}

Matcher::Automaton::StateId Matcher::Automaton::state_of(Positions list) {
  const auto [entry, is_new] = ids_.try_emplace(std::move(list), states_.size());
  if (!is_new) return entry->second;
  State& state = states_.emplace_back();
  state.list = &entry->first;
  bytes_ += sizeof(State) + state.list->size() * sizeof(Position) + 64;  // and a node of the map
  describe(state);
  return entry->second;
}

void Matcher::Automaton::describe(State& state) {
  const auto winner =
      std::ranges::find_if(*state.list, [&](Position p) { return program_.accepts(p); });
  if (winner != state.list->end()) {
    state.winner = static_cast<std::int32_t>(program_.step(*winner).rule);
  }
  if (state.list->empty() || program_.step(state.list->front()).op == Op::kRest) {
    state.kind = Kind::kDone;
    return;
  }
  const bool wants_text = std::ranges::any_of(
      *state.list, [&](Position p) { return program_.step(p).op == Op::kLiteral; });
  if (wants_text) {
    describe_run(state);
  } else {
    describe_scan(state);
  }
}

// The longest text that begins all the literal text that is wanted.
void Matcher::Automaton::describe_run(State& state) const {
  constexpr std::size_t kWorthIt = 3;
  std::string_view text;
  bool is_first = true;
  for (const Position position : *state.list) {
    if (program_.step(position).op != Op::kLiteral) continue;
    const std::string_view wanted = program_.literal(position);
    if (std::exchange(is_first, false)) text = wanted;
    const auto [parting, _] = std::ranges::mismatch(text, wanted);
    text = text.substr(0, static_cast<std::size_t>(parting - text.begin()));
  }
  if (text.size() < kWorthIt) return;
  state.kind = Kind::kRun;
  state.run = text.data();
  state.run_size = static_cast<std::uint16_t>(text.size());
}

void Matcher::Automaton::describe_scan(State& state) {
  ByteSet stops;
  for (const Position position : *state.list) {
    const Step& step = program_.step(position);
    if (step.op == Op::kRest || step.op == Op::kEnd) continue;
    stops.set(step.byte);
    stops.set(step.separator);
  }
  state.stop_bit = stop_bit_of(stops);
  if (state.stop_bit != 0) state.kind = Kind::kScan;
}

std::uint8_t Matcher::Automaton::stop_bit_of(const ByteSet& stops) {
  const auto known = std::ranges::find(stop_sets_, stops);
  const auto index = static_cast<std::size_t>(known - stop_sets_.begin());
  if (index >= kMaxStopSets) return 0;
  const auto bit = static_cast<std::uint8_t>(1U << index);
  if (known == stop_sets_.end()) {
    stop_sets_.push_back(stops);
    for (std::size_t byte = 0; byte < stops_.size(); ++byte) {
      if (stops[byte]) stops_[byte] |= bit;
    }
  }
  return bit;
}

}  // namespace hitwatch::keys
