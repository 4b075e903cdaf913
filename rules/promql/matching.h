// Binary operators of two instant vectors: who is whose partner, and the labels of the result
// (https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching).
#pragma once

#include <cstdint>
#include <vector>

#include "rules/promql/ast.h"
#include "rules/promql/flat_index.h"
#include "rules/promql/query.h"
#include "rules/promql/signature.h"
#include "rules/promql/vector.h"

namespace hitwatch::promql {

// One binary operation; its memory is used again at each step.
class VectorMatching {
 public:
  VectorMatching(Query& query, const Binary& binary);

  // Appends the result to `out`. False: the query has failed.
  bool apply(const Vector& left, const Vector& right, Vector& out);

 private:
  bool apply_set_operator(const Vector& left, const Vector& right, Vector& out);
  void index(const Vector& vector);
  bool contains(const Element& element) const;

  bool index_one_side(const Vector& one);
  bool duplicates_on_one_side(const Element& first, const Element& second);
  bool match_many(const Vector& many, const Vector& one, Vector& out);
  bool fill_many(const Vector& one, Vector& out);
  // `place` is that of `one`, or of a filled partner.
  bool combine(const Element& many, const Element& one, std::uint32_t place, Vector& out);
  bool unique_result(const window::LabelSet* labels, std::uint32_t place, const Vector& out);
  Element partner(const Element& element, double value);
  Element result(const Element& many, const Element& one, double value);
  const window::LabelSet* own_labels(const window::LabelSet* labels);
  void include(const Element& one);

  Query& query_;
  const Binary& binary_;
  Signature signature_;
  bool one_to_one_;
  bool swapped_;  // the left side is the "one" side
  bool drops_name_;
  std::optional<double> fill_many_;  // the value of a missing element of that side
  std::optional<double> fill_one_;
  std::vector<window::Symbol> include_;

  FlatIndex index_;
  const Vector* indexed_ = nullptr;
  std::vector<std::uint8_t> matched_;  // by place on the "one" side
  FlatIndex lonely_;                   // of the "many" side, with a filled partner
  std::vector<const window::LabelSet*> lonely_labels_;
  FlatIndex results_;
  std::vector<std::uint32_t> result_places_;
  std::size_t first_result_ = 0;
  std::vector<window::LabelPair> pairs_;
};

}  // namespace hitwatch::promql
