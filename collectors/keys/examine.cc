// How two questions about sets of keys are answered exactly: "is there a key that this rule matches
// and none of those does?" and "is there a key that both match and see differently?" In either case
// rules walk side by side from their first steps over all keys at once, breadth first, so that the
// first key found is a shortest one. Bytes that none of the rules tells apart need one
// representative; a list of steps that was seen before leads to nothing new.
#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/keys/program.h"

namespace hitwatch::keys {
namespace {

using Op = Step::Op;
using List = std::vector<Position>;

// Steps that all questions of a kind together may take (each about half a second), and those that
// a single one may take.
constexpr std::size_t kReachWork = 100'000'000;
constexpr std::size_t kAmbiguityWork = 10'000'000;
constexpr std::size_t kWork = 1'000'000;

class Examination {
 public:
  explicit Examination(std::span<const Rule> rules) : rules_(rules), program_(rules) {}

  std::vector<RuleFinding> examine() {
    find_unreachable();
    // Work of its own, so that nothing unreachable is missed because much is ambiguous.
    work_left_ = kAmbiguityWork;
    find_ambiguous();
    std::ranges::sort(findings_, {}, [](const RuleFinding& finding) {
      return std::pair(finding.rule, finding.other);
    });
    return std::move(findings_);
  }

 private:
  void find_unreachable() {
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      const std::vector<std::size_t> earlier = overlapping(rule);
      if (is_covered(rule, earlier) != true) continue;
      unreachable_.insert(rule);
      findings_.push_back({RuleFinding::Kind::kUnreachable, rule, coverer(rule, earlier), ""});
    }
  }

  void find_ambiguous() {
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      if (unreachable_.contains(rule)) continue;
      for (const std::size_t other : overlapping(rule)) {
        if (work_left_ == 0) return;
        auto key = ambiguous_key(rule, other);
        if (!key) continue;
        findings_.push_back(
            {RuleFinding::Kind::kAmbiguous, rule, static_cast<int>(other), *std::move(key)});
      }
    }
  }

  // The earlier rules that may match some of the same keys.
  std::vector<std::size_t> overlapping(std::size_t rule) const {
    std::vector<std::size_t> earlier;
    for (std::size_t other = 0; other < rule; ++other) {
      if (!are_apart(rule, other)) earlier.push_back(other);
    }
    return earlier;
  }

  // Whether the first steps at which two rules differ want different bytes, or one of them a byte
  // and the other the end: up to there both walk in step, so no key is of both. Most pairs are told
  // apart so, and cheaply.
  bool are_apart(std::size_t rule, std::size_t other) const {
    const Step* one = &program_.step(program_.start(rule));
    const Step* two = &program_.step(program_.start(other));
    while (one->op == two->op && one->byte == two->byte && one->separator == two->separator &&
           one->literal_follows == two->literal_follows) {
      if (one->op == Op::kEnd || one->op == Op::kRest) return false;
      ++one;
      ++two;
    }
    const auto wants_one_thing = [](Op op) { return op == Op::kLiteral || op == Op::kEnd; };
    return wants_one_thing(one->op) && wants_one_thing(two->op);
  }

  bool spend(std::size_t steps, std::size_t& spent) {
    spent += steps;
    work_left_ -= std::min(steps, work_left_);
    return spent <= kWork && work_left_ > 0;
  }

  // Bytes of which each stands for all that lead from these steps to the same ones, and `others`
  // more of those that nobody names. Letters first: the examples are for people.
  std::string representatives(const List& list, std::size_t others) const {
    std::string bytes;
    std::array<bool, 256> named{};
    const auto name = [&](unsigned char byte) {
      if (!std::exchange(named[byte], true)) bytes += static_cast<char>(byte);
    };
    for (const Position position : list) {
      const Step& step = program_.step(position);
      if (step.op == Op::kRest || step.op == Op::kEnd) continue;
      name(step.byte);
      if (step.op != Op::kLiteral) name(step.separator);
    }
    std::ranges::sort(bytes);
    for (std::size_t i = 0; i < named.size() && others > 0; ++i) {
      const std::size_t byte = (i + 'a') % named.size();
      if (named[byte]) continue;
      bytes.insert(bytes.begin(), static_cast<char>(byte));
      --others;
    }
    return bytes;
  }

  // Whether every key of `rule` matches one of `earlier`, too; nothing if that takes too long.
  std::optional<bool> is_covered(std::size_t rule, const std::vector<std::size_t>& earlier) {
    List start{program_.start(rule)};
    for (const std::size_t other : earlier) start.push_back(program_.start(other));
    std::set<List> seen{start};
    std::vector<List> open{std::move(start)};
    std::size_t spent = 0;
    while (!open.empty()) {
      const List list = std::move(open.back());
      open.pop_back();
      if (is_settled(list)) continue;
      if (accepts_alone(list)) return false;
      // Where the rule wants one certain byte, no other is of interest.
      const Step& step = program_.step(list.front());
      const std::string bytes = step.op == Op::kLiteral
                                    ? std::string(1, static_cast<char>(step.byte))
                                    : representatives(list, 1);
      if (!spend(list.size() * bytes.size(), spent)) return std::nullopt;
      for (const char byte : bytes) {
        List next = advance(list, static_cast<unsigned char>(byte));
        if (!next.empty() && seen.insert(next).second) open.push_back(std::move(next));
      }
    }
    return true;
  }

  // Whether some rule but the first takes whatever follows.
  bool is_settled(const List& list) const {
    return std::any_of(list.begin() + 1, list.end(),
                       [&](Position p) { return program_.step(p).op == Op::kRest; });
  }

  bool accepts_alone(const List& list) const {
    return program_.accepts(list.front()) &&
           std::none_of(list.begin() + 1, list.end(),
                        [&](Position p) { return program_.accepts(p); });
  }

  // Empty if the first rule does not get there.
  List advance(const List& list, unsigned char byte) const {
    List next;
    next.reserve(list.size());
    for (const Position position : list) {
      const Position to = program_.advance(position, byte);
      if (to != kNowhere) next.push_back(to);
      if (next.empty()) break;
    }
    return next;
  }

  // The first rule that covers all by itself; -1 if only several together do.
  int coverer(std::size_t rule, const std::vector<std::size_t>& earlier) {
    for (const std::size_t other : earlier) {
      if (is_covered(rule, {other}) == true) return static_cast<int>(other);
    }
    return -1;
  }

  // A shortest key that both match and disagree about, if neither rule contains the other.
  std::optional<std::string> ambiguous_key(std::size_t rule, std::size_t other) {
    auto key = disputed_key(rule, other);
    if (!key || is_covered(other, {rule}) != false || is_covered(rule, {other}) != false) {
      return std::nullopt;
    }
    return key;
  }

  bool disagree(std::size_t rule, std::size_t other, std::string_view key) const {
    const Match one = Matcher::match_one(rules_[rule], key);
    const Match two = Matcher::match_one(rules_[other], key);
    return one && two && (one.tenant != two.tenant || one.type != two.type);
  }

  // Several keys may lead to the same steps and only some of them be seen differently, so each pair
  // of steps is entered more than once, by different bytes.
  std::optional<std::string> disputed_key(std::size_t rule, std::size_t other) {
    constexpr int kVisits = 8;
    struct Place {
      List list;
      std::string key;
    };
    std::map<List, int> visits;
    std::vector<Place> open{{{program_.start(rule), program_.start(other)}, ""}};
    std::size_t spent = 0;
    for (std::size_t i = 0; i < open.size(); ++i) {
      const Place place = open[i];
      const bool both_accept = program_.accepts(place.list[0]) && program_.accepts(place.list[1]);
      if (both_accept && disagree(rule, other, place.key)) return place.key;
      const std::string bytes = representatives(place.list, 2);
      if (!spend(2 * bytes.size(), spent)) return std::nullopt;
      for (const char byte : bytes) {
        List next = advance(place.list, static_cast<unsigned char>(byte));
        if (next.size() == 2 && visits[next]++ < kVisits) {
          open.push_back({std::move(next), place.key + byte});
        }
      }
    }
    return std::nullopt;
  }

  std::span<const Rule> rules_;
  Program program_;
  std::set<std::size_t> unreachable_;
  std::vector<RuleFinding> findings_;
  std::size_t work_left_ = kReachWork;
};

}  // namespace

std::vector<RuleFinding> examine(std::span<const Rule> rules) {
  return Examination(rules).examine();
}

}  // namespace hitwatch::keys
