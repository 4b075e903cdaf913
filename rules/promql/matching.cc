#include "rules/promql/matching.h"

#include <algorithm>

#include "rules/promql/operators.h"

namespace hitwatch::promql {
namespace {

using window::LabelPair;
using window::LabelSet;

bool drops_name(const Binary& binary) { return !is_comparison(binary.op); }

}  // namespace

VectorMatching::VectorMatching(Query& query, const Binary& binary)
    : query_(query),
      binary_(binary),
      signature_(binary.matching.on, binary.matching.labels, query.symbols()),
      one_to_one_(binary.matching.cardinality == Cardinality::kOneToOne),
      swapped_(binary.matching.cardinality == Cardinality::kOneToMany),
      drops_name_(drops_name(binary)),
      fill_many_(swapped_ ? binary.matching.fill_right : binary.matching.fill_left),
      fill_one_(swapped_ ? binary.matching.fill_left : binary.matching.fill_right) {
  for (const std::string& name : binary.matching.include) {
    include_.push_back(query.symbols().intern(name));
  }
}

bool VectorMatching::apply(const Vector& left, const Vector& right, Vector& out) {
  if (is_set_operator(binary_.op)) return apply_set_operator(left, right, out);
  if (left.empty() && right.empty()) return true;
  if ((left.empty() || right.empty()) && !fill_many_ && !fill_one_) return true;
  const Vector& many = swapped_ ? right : left;
  const Vector& one = swapped_ ? left : right;
  if (!index_one_side(one)) return false;
  matched_.assign(one.size(), 0);
  results_.reset(one_to_one_ ? 0 : many.size());
  result_places_.clear();
  first_result_ = out.size();
  if (!match_many(many, one, out)) return false;
  if (fill_many_ && !fill_many(one, out)) return false;
  return query_.admit(out);
}

void VectorMatching::index(const Vector& vector) {
  indexed_ = &vector;
  index_.reset(vector.size());
  for (std::uint32_t i = 0; i < vector.size(); ++i) {
    index_.insert(signature_.hash(*vector[i].labels), i, [&](std::uint32_t at) {
      return signature_.equal(*vector[at].labels, *vector[i].labels);
    });
  }
}

bool VectorMatching::contains(const Element& element) const {
  return index_.find(signature_.hash(*element.labels), [&](std::uint32_t at) {
    return signature_.equal(*(*indexed_)[at].labels, *element.labels);
  }) != FlatIndex::kNone;
}

bool VectorMatching::apply_set_operator(const Vector& left, const Vector& right, Vector& out) {
  const bool is_or = binary_.op == BinaryOp::kOr;
  if (is_or) {
    out.insert(out.end(), left.begin(), left.end());
    if (left.empty()) {
      out.insert(out.end(), right.begin(), right.end());
      return query_.admit(out);
    }
    index(left);
    std::ranges::copy_if(right, std::back_inserter(out),
                         [&](const Element& element) { return !contains(element); });
    return query_.admit(out);
  }
  if (left.empty()) return true;
  index(right);
  const bool wanted = binary_.op == BinaryOp::kAnd;
  std::ranges::copy_if(left, std::back_inserter(out),
                       [&](const Element& element) { return contains(element) == wanted; });
  return query_.admit(out);
}

bool VectorMatching::index_one_side(const Vector& one) {
  indexed_ = &one;
  index_.reset(one.size());
  for (std::uint32_t i = 0; i < one.size(); ++i) {
    const std::uint32_t known = index_.insert(
        signature_.hash(*one[i].labels), i,
        [&](std::uint32_t at) { return signature_.equal(*one[at].labels, *one[i].labels); });
    if (known != FlatIndex::kNone) return duplicates_on_one_side(one[known], one[i]);
  }
  return query_.work(one.size());
}

bool VectorMatching::duplicates_on_one_side(const Element& first, const Element& second) {
  std::vector<LabelPair> pairs;
  signature_.project(*first.labels, pairs);
  std::string texts[] = {window::to_braced_string(*first.labels),
                         window::to_braced_string(*second.labels)};
  if (window::less_by_text(*second.labels, *first.labels)) std::swap(texts[0], texts[1]);
  return query_.fail("found duplicate series for the match group " +
                     window::to_braced_string(LabelSet(pairs)) + " on the " +
                     (swapped_ ? "left" : "right") + " hand-side of the operation: [" + texts[0] +
                     ", " + texts[1] +
                     "];many-to-many matching not allowed: matching labels must be unique on one "
                     "side");
}

bool VectorMatching::match_many(const Vector& many, const Vector& one, Vector& out) {
  lonely_.reset(0);
  lonely_labels_.clear();
  for (const Element& element : many) {
    const std::uint64_t hash = signature_.hash(*element.labels);
    const std::uint32_t place = index_.find(
        hash, [&](std::uint32_t at) { return signature_.equal(*one[at].labels, *element.labels); });
    if (place != FlatIndex::kNone) {
      if (matched_[place] != 0 && one_to_one_) {
        return query_.fail(
            "multiple matches for labels: many-to-one matching must be explicit "
            "(group_left/group_right)");
      }
      matched_[place] = 1;
      if (!combine(element, one[place], place, out)) return false;
      continue;
    }
    if (!fill_one_) continue;
    const auto next = static_cast<std::uint32_t>(lonely_labels_.size());
    const std::uint32_t twin = lonely_.insert(hash, next, [&](std::uint32_t at) {
      return signature_.equal(*lonely_labels_[at], *element.labels);
    });
    if (twin == FlatIndex::kNone) lonely_labels_.push_back(element.labels);
    if (twin != FlatIndex::kNone && one_to_one_) {
      return query_.fail(
          "multiple matches for labels: many-to-one matching must be explicit "
          "(group_left/group_right)");
    }
    const std::uint32_t group = twin == FlatIndex::kNone ? next : twin;
    const auto beyond = static_cast<std::uint32_t>(one.size()) + group;
    if (!combine(element, partner(element, *fill_one_), beyond, out)) return false;
  }
  return query_.work(many.size());
}

bool VectorMatching::fill_many(const Vector& one, Vector& out) {
  for (std::uint32_t i = 0; i < one.size(); ++i) {
    if (matched_[i] != 0) continue;
    if (!combine(partner(one[i], *fill_many_), one[i], i, out)) return false;
  }
  return true;
}

Element VectorMatching::partner(const Element& element, double value) {
  pairs_.clear();
  signature_.project(*element.labels, pairs_);
  return {query_.labels().make(pairs_), value, false};
}

bool VectorMatching::combine(const Element& many, const Element& one, std::uint32_t place,
                             Vector& out) {
  const double left = swapped_ ? one.value : many.value;
  const double right = swapped_ ? many.value : one.value;
  Operated operated = operate(binary_.op, left, right);
  if (binary_.return_bool) {
    operated = {operated.keep ? 1.0 : 0.0, true};
  } else if (!operated.keep) {
    return true;
  }
  const Element element = result(many, one, operated.value);
  if (!one_to_one_ && !unique_result(element.labels, place, out)) {
    return query_.fail("multiple matches for labels: grouping labels must ensure unique matches");
  }
  out.push_back(element);
  return true;
}

bool VectorMatching::unique_result(const LabelSet* labels, std::uint32_t place, const Vector& out) {
  const auto next = static_cast<std::uint32_t>(result_places_.size());
  const std::uint32_t known =
      results_.insert(mix(labels->hash(), place), next, [&](std::uint32_t at) {
        return result_places_[at] == place && *out[first_result_ + at].labels == *labels;
      });
  result_places_.push_back(place);
  return known == FlatIndex::kNone;
}

Element VectorMatching::result(const Element& many, const Element& one, double value) {
  const bool drop = binary_.return_bool || (!drops_name_ && many.drop_name);
  if (include_.empty()) return {own_labels(many.labels), value, drop};
  pairs_.assign(many.labels->pairs().begin(), many.labels->pairs().end());
  if (drops_name_) put(pairs_, {query_.symbols().name(), query_.symbols().empty()});
  const bool named = std::ranges::find(include_, query_.symbols().name()) != include_.end();
  include(one);
  return {query_.labels().make(pairs_), value, named ? binary_.return_bool : drop};
}

// Those of the element that gives the result its labels, less what the operation takes away.
const LabelSet* VectorMatching::own_labels(const LabelSet* labels) {
  if (!one_to_one_) return drops_name_ ? query_.labels().without_name(labels) : labels;
  const window::Symbol name = query_.symbols().name();
  const auto goes = [&](const LabelPair& pair) {
    if (pair.name == name) {
      return drops_name_ || (binary_.matching.on && !signature_.keeps(name));
    }
    return !signature_.keeps(pair.name);
  };
  const auto pairs = labels->pairs();
  const auto first_gone = std::ranges::find_if(pairs, goes);
  if (first_gone == pairs.end()) return labels;
  const auto rest = pairs.subspan(static_cast<std::size_t>(first_gone - pairs.begin()) + 1);
  const bool last_gone = std::ranges::none_of(rest, goes);
  if (first_gone == pairs.begin() && last_gone) return query_.labels().make_of_lasting(rest);
  pairs_.clear();
  std::ranges::remove_copy_if(pairs, std::back_inserter(pairs_), goes);
  return query_.labels().make(pairs_);
}

// group_left(…) and group_right(…): the labels of the "one" side, also where it has none.
void VectorMatching::include(const Element& one) {
  const window::Symbol name = query_.symbols().name();
  for (const window::Symbol label : include_) {
    const bool hidden = label == name && one.drop_name;
    const window::Symbol value = hidden ? nullptr : one.labels->get(label);
    put(pairs_, {label, value == nullptr ? query_.symbols().empty() : value});
  }
}

}  // namespace hitwatch::promql
