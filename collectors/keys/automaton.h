// All rules as one deterministic automaton, whose states are made when a key first leads to them.
//
// A state is the list of the steps (program.h) at which the rules stand that still match, in the
// order of the rules. A rule that takes the rest of the key whatever it is ends the list: rules
// after it cannot win any more. If it is the first one, the answer is known and reading stops; if
// the list is empty, too.
//
// A table lookup per byte would cost a cache miss per byte once there are many rules, so most bytes
// are passed without one:
//   kScan  every rule stands in a placeholder: look for the next byte that ends one of them;
//   kRun   all rules that want literal text want the same: compare all of it at once. Whether the
//          others survive it is found out when the state it leads to is made.
// Only where rules part (kBranch), and where a scan or run ends, a row of the table is asked. Rows
// have a column for each class of bytes that no rule tells apart.
//
// Keys are chosen by others, and a product of rules can have very many states: past kMaxBytes the
// automaton starts over, and if it does so too soon again, keys are held against one rule after
// another for a while. So a key never costs more than that, and memory is bounded.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collectors/keys/captures.h"
#include "collectors/keys/matcher.h"
#include "collectors/keys/program.h"

namespace hitwatch::keys {

class Matcher::Automaton {
 public:
  explicit Automaton(std::vector<Rule> rules);

  Match match(std::string_view key);
  const std::vector<Rule>& rules() const { return rules_; }

 private:
  static constexpr std::size_t kMaxBytes = 8U << 20;
  static constexpr std::uint32_t kUnknown = UINT32_MAX;
  static constexpr std::size_t kMaxStopSets = 8;

  using StateId = std::uint32_t;
  using Positions = std::u32string;  // for its hash
  using ByteSet = std::bitset<256>;

  enum class Kind : std::uint8_t { kBranch, kScan, kRun, kDone };

  struct State {
    Kind kind = Kind::kBranch;
    std::uint8_t stop_bit = 0;   // kScan: which bit of stops_ marks the bytes that end it
    std::uint16_t run_size = 0;  // kRun
    const char* run = nullptr;   // kRun: the text
    StateId next = kUnknown;     // kScan: after some bytes; kRun: after all of the text
    std::uint32_t row = 0;       // where its row begins in rows_; 0: not made yet
    std::int32_t winner = -1;    // the rule that matches a key that ends here
    const Positions* list = nullptr;
  };

  void sort_bytes_into_classes();
  // The state after `key`, or after the part of it that settles the answer.
  StateId read(std::string_view key);
  StateId after_byte(StateId from, unsigned char byte);
  // After the text of a kRun, or a byte that does not end a kScan.
  StateId after_text(StateId from, std::string_view text);
  Positions advance(const Positions& from, unsigned char byte) const;
  StateId state_of(Positions list);
  bool is_full() const { return bytes_ > kMaxBytes; }
  void describe(State& state);
  void describe_run(State& state) const;
  void describe_scan(State& state);
  // 0 if there are too many sets already.
  std::uint8_t stop_bit_of(const ByteSet& stops);
  void start_over();
  Match match_plainly(std::string_view key) const;

  std::vector<Rule> rules_;
  Program program_;
  Captures captures_;
  std::array<std::uint8_t, 256> classes_{};
  std::size_t class_count_ = 0;
  std::array<std::uint8_t, 256> stops_{};  // bit i: the byte is in stop_sets_[i]
  std::vector<ByteSet> stop_sets_;

  std::vector<State> states_;
  std::vector<StateId> rows_;  // the first row is always all kUnknown
  std::unordered_map<Positions, StateId> ids_;
  std::size_t bytes_ = 0;       // that states, rows and lists take
  std::uint64_t read_ = 0;      // bytes of keys since the automaton started over
  std::size_t plain_keys_ = 0;  // how many keys to match plainly
};

}  // namespace hitwatch::keys
