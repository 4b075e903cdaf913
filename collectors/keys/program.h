// Rules as a flat array of steps. A rule that is matching a key stands at exactly one step, because
// no template needs alternatives; each byte of the key moves it to another step or ends it.
//
//   kLiteral  wants `byte`
//   kFirst    wants the first byte of a placeholder: neither `byte` nor `separator`
//   kMore     inside of a placeholder; `byte`, if a literal follows, leaves it
//   kRest     takes everything
//   kEnd      the key must end here
//
// The steps of a rule follow each other: those of a literal in the order of its bytes, so that
// `bytes()` holds it as text, and the literal after a placeholder directly after its kMore.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "collectors/keys/matcher.h"

namespace hitwatch::keys {

using Position = std::uint32_t;
constexpr Position kNowhere = UINT32_MAX;

struct Step {
  enum class Op : std::uint8_t { kLiteral, kFirst, kMore, kRest, kEnd };
  Op op;
  // kLiteral: the byte. kFirst, kMore: the first byte of the literal that follows; the separator if
  // none does.
  unsigned char byte;
  unsigned char separator;
  bool literal_follows;
  std::uint32_t rule;
};

class Program {
 public:
  explicit Program(std::span<const Rule> rules);

  std::size_t size() const { return steps_.size(); }
  std::size_t rules() const { return starts_.size(); }
  Position start(std::size_t rule) const { return starts_[rule]; }
  const Step& step(Position position) const { return steps_[position]; }
  // Where `byte` leads; kNowhere if the rule does not match.
  Position advance(Position position, unsigned char byte) const;
  // Whether the rule matches a key that ends here.
  bool accepts(Position position) const;
  // The literal text from a kLiteral step on.
  std::string_view literal(Position position) const;

 private:
  void add(const Rule& rule, std::uint32_t index);
  void add_placeholder(const Rule& rule, std::uint32_t index, std::size_t element);
  void push(Step step);

  std::vector<Step> steps_;
  std::vector<char> bytes_;  // of the kLiteral steps, in the places of steps_
  std::vector<Position> starts_;
};

}  // namespace hitwatch::keys
