#include "rules/window/label_set.h"

#include <bit>
#include <compare>
#include <string_view>

#include "agent/metrics/labels.h"
#include "rules/window/quote.h"

namespace hitwatch::window {
namespace {

std::uint64_t mix(std::uint64_t hash, Symbol symbol) {
  hash = (hash ^ std::bit_cast<std::uint64_t>(symbol)) * 0xff51afd7ed558ccdULL;
  return hash ^ hash >> 32U;
}

// A label's name may be any text by now; the classic ones need no quotes.
bool is_classic_label(std::string_view name) {
  return metrics::is_metric_name(name) && name.find(':') == std::string_view::npos;
}

void append_pairs(std::string& out, const LabelSet& labels, Symbol leave_out, bool first) {
  for (const LabelPair& pair : labels.pairs()) {
    if (pair.name == leave_out) continue;
    if (!first) out += ", ";
    first = false;
    if (is_classic_label(*pair.name)) {
      out += *pair.name;
    } else {
      append_quoted(out, *pair.name);
    }
    out += '=';
    append_quoted(out, *pair.value);
  }
}

}  // namespace

LabelSet::LabelSet(std::span<const LabelPair> pairs) : pairs_(pairs) {
  for (const LabelPair& pair : pairs) hash_ = mix(mix(hash_, pair.name), pair.value);
}

Symbol LabelSet::get(Symbol name) const {
  const auto found = std::ranges::find(pairs_, name, &LabelPair::name);
  return found == pairs_.end() ? nullptr : found->value;
}

bool less_by_text(const LabelSet& left, const LabelSet& right) {
  const auto compare = [](const LabelPair& a, const LabelPair& b) {
    if (a.name != b.name) {
      if (const auto order = *a.name <=> *b.name; order != 0) return order;
    }
    return a.value == b.value ? std::strong_ordering::equal : *a.value <=> *b.value;
  };
  const auto a = left.pairs();
  const auto b = right.pairs();
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end(), compare) <
         0;
}

std::string to_string(const LabelSet& labels, const Symbols& symbols) {
  std::string out;
  const Symbol name = labels.get(symbols.name());
  const bool named_first = name != nullptr && metrics::is_metric_name(*name);
  if (named_first) {
    out += *name;
    if (labels.pairs().size() == 1) return out;
  }
  out += '{';
  if (name != nullptr && !named_first) append_quoted(out, *name);
  append_pairs(out, labels, symbols.name(), name == nullptr || named_first);
  out += '}';
  return out;
}

std::string to_braced_string(const LabelSet& labels) {
  std::string out = "{";
  append_pairs(out, labels, nullptr, true);
  out += '}';
  return out;
}

const LabelSet* make_label_set(std::span<const LabelPair> pairs,
                               std::pmr::memory_resource& memory) {
  std::pmr::polymorphic_allocator<> allocator(&memory);
  auto* const copy = allocator.allocate_object<LabelPair>(pairs.size());
  std::ranges::uninitialized_copy(pairs, std::span(copy, pairs.size()));
  return allocator.new_object<LabelSet>(std::span<const LabelPair>(copy, pairs.size()));
}

void normalize(std::vector<LabelPair>& pairs) {
  const auto before = [](const LabelPair& a, const LabelPair& b) {
    return a.name != b.name && *a.name < *b.name;
  };
  if (!std::ranges::is_sorted(pairs, before)) std::ranges::stable_sort(pairs, before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const bool repeated = i + 1 < pairs.size() && pairs[i + 1].name == pairs[i].name;
    if (!repeated && !pairs[i].value->empty()) pairs[kept++] = pairs[i];
  }
  pairs.resize(kept);
}

}  // namespace hitwatch::window
