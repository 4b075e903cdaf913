#include "rules/promql/signature.h"

namespace hitwatch::promql {
namespace {

std::uint64_t bits(window::Symbol symbol) { return reinterpret_cast<std::uintptr_t>(symbol); }

}  // namespace

Signature::Signature(bool only, std::span<const std::string> names, window::Symbols& symbols)
    : only_(only) {
  if (!only_) names_.push_back(symbols.name());
  for (const std::string& name : names) {
    const window::Symbol symbol = symbols.intern(name);
    if (std::ranges::find(names_, symbol) == names_.end()) names_.push_back(symbol);
  }
}

std::uint64_t Signature::hash(const window::LabelSet& labels) const {
  std::uint64_t hash = 0x2545f4914f6cdd1dULL;
  if (only_) {
    for (const window::Symbol name : names_) hash = mix(hash, bits(labels.get(name)));
    return mix(hash, names_.size());
  }
  for (const window::LabelPair& pair : labels.pairs()) {
    if (keeps(pair.name)) hash = mix(mix(hash, bits(pair.name)), bits(pair.value));
  }
  return mix(hash, 0);
}

bool Signature::equal(const window::LabelSet& left, const window::LabelSet& right) const {
  if (&left == &right) return true;
  if (only_) {
    return std::ranges::all_of(
        names_, [&](window::Symbol name) { return left.get(name) == right.get(name); });
  }
  auto a = left.pairs().begin();
  auto b = right.pairs().begin();
  const auto a_end = left.pairs().end();
  const auto b_end = right.pairs().end();
  for (;; ++a, ++b) {
    while (a != a_end && !keeps(a->name)) ++a;
    while (b != b_end && !keeps(b->name)) ++b;
    if (a == a_end || b == b_end) return a == a_end && b == b_end;
    if (*a != *b) return false;
  }
}

void Signature::project(const window::LabelSet& labels, std::vector<window::LabelPair>& out) const {
  for (const window::LabelPair& pair : labels.pairs()) {
    if (keeps(pair.name)) out.push_back(pair);
  }
}

}  // namespace hitwatch::promql
