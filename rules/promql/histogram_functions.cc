#include "rules/promql/histogram_functions.h"

#include <string>
#include <unordered_map>
#include <vector>

#include "rules/promql/go_number.h"
#include "rules/promql/histogram.h"

namespace hitwatch::promql {
namespace {

using window::LabelSet;
using window::Symbol;
using window::text_of;

struct Histogram {
  const LabelSet* labels;  // without le; the name, which goes at the end, tells histograms apart
  std::vector<Bucket> buckets;
};

std::string_view metric_of(Query& query, const LabelSet& labels) {
  return text_of(labels.get(query.symbols().name()));
}

// The histograms of the argument at `index`. Elements without a bound are noted and left out.
bool gather(CallContext& context, std::size_t index, std::vector<Histogram>& out) {
  Query& query = context.query;
  VectorPool::Lease elements(query.vectors());
  if (!context.vector(index, *elements)) return false;
  const Symbol le = query.symbols().le();
  std::unordered_map<Symbol, std::optional<double>> bounds;
  FlatIndex places;
  std::vector<window::LabelPair> pairs;
  for (const Element& element : *elements) {
    const Symbol text = element.labels->get(le);
    const auto [bound, fresh] = bounds.try_emplace(text);
    if (fresh) bound->second = parse_bound(text_of(text));
    if (!bound->second) {
      query.annotations().bad_bucket_label(metric_of(query, *element.labels), text_of(text),
                                           context.argument(index).at);
      continue;
    }
    pairs.clear();
    for (const window::LabelPair& pair : element.labels->pairs()) {
      if (pair.name != le) pairs.push_back(pair);
    }
    const LabelSet* labels = query.labels().make(pairs);
    const std::uint32_t known =
        places.insert(labels->hash(), static_cast<std::uint32_t>(out.size()),
                      [&](std::uint32_t at) { return out[at].labels == labels; });
    Histogram& histogram =
        known == FlatIndex::kNone ? out.emplace_back(labels, std::vector<Bucket>()) : out[known];
    histogram.buckets.push_back({*bound->second, element.value});
  }
  return query.work((*elements).size());
}

double quantile_of(CallContext& context, std::size_t argument, double q,
                   const Histogram& histogram) {
  const BucketQuantile quantile = bucket_quantile(q, histogram.buckets);
  if (quantile.forced) {
    context.query.annotations().forced_monotonicity(metric_of(context.query, *histogram.labels),
                                                    quantile, context.at.time,
                                                    context.argument(argument).at);
  }
  return quantile.value;
}

// `0.5`, `1.0`, `1e-05`: as OpenMetrics writes it in a label.
std::string quantile_label(double q) {
  std::string text = format_general(q);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

void note_invalid(CallContext& context, double q, std::size_t argument) {
  if (q >= 0 && q <= 1) return;
  context.query.annotations().invalid_quantile(q, context.argument(argument).at);
}

}  // namespace

bool histogram_quantile(CallContext& context, Vector& out) {
  double q = 0;
  if (!context.scalar(0, q)) return false;
  note_invalid(context, q, 0);
  std::vector<Histogram> histograms;
  if (!gather(context, 1, histograms)) return false;
  for (const Histogram& histogram : histograms) {
    out.push_back({histogram.labels, quantile_of(context, 1, q, histogram), true});
  }
  return true;
}

bool histogram_quantiles(CallContext& context, Vector& out) {
  Query& query = context.query;
  const Symbol label = query.symbols().intern(string_of(context.argument(1)));
  std::vector<std::pair<double, Symbol>> quantiles;
  for (std::size_t i = 2; i < context.count(); ++i) {
    double q = 0;
    if (!context.scalar(i, q)) return false;
    note_invalid(context, q, i);
    quantiles.emplace_back(q, query.symbols().intern(quantile_label(q)));
  }
  std::vector<Histogram> histograms;
  if (!gather(context, 0, histograms)) return false;
  for (const Histogram& histogram : histograms) {
    for (const auto& [q, text] : quantiles) {
      out.push_back({query.labels().with(histogram.labels, {label, text}),
                     quantile_of(context, 0, q, histogram), true});
    }
  }
  return true;
}

bool histogram_fraction(CallContext& context, Vector& out) {
  double lower = 0;
  double upper = 0;
  if (!context.scalar(0, lower) || !context.scalar(1, upper)) return false;
  std::vector<Histogram> histograms;
  if (!gather(context, 2, histograms)) return false;
  for (const Histogram& histogram : histograms) {
    out.push_back({histogram.labels, bucket_fraction(lower, upper, histogram.buckets), true});
  }
  return true;
}

bool of_native_histograms(CallContext& context, Vector& /*out*/) {
  VectorPool::Lease elements(context.query.vectors());
  return context.vector(0, *elements);
}

}  // namespace hitwatch::promql
