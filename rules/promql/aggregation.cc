#include "rules/promql/aggregation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rules/promql/aggregate_math.h"
#include "rules/promql/go_number.h"
#include "rules/promql/kahan.h"
#include "rules/promql/xxhash.h"

namespace hitwatch::promql {
namespace {

using window::LabelSet;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// What is known of a group while its elements pass: one of these per operator.
struct Sum {
  Kahan sum;
  void add(double value) { sum.add(value); }
  double result() const { return sum.total(); }
};
struct Mean {
  KahanMean mean;
  void add(double value) { mean.add(value); }
  double result() const { return mean.mean(); }
};
struct Count {
  double count = 0;
  void add(double /*value*/) { ++count; }
  double result() const { return count; }
};
struct One {
  void add(double /*value*/) {}
  double result() const { return 1; }
};
struct Least {
  double least = kNan;
  void add(double value) { least = smaller(least, value); }
  double result() const { return least; }
};
struct Greatest {
  double greatest = kNan;
  void add(double value) { greatest = larger(greatest, value); }
  double result() const { return greatest; }
};
struct Deviation {
  Variance variance;
  void add(double value) { variance.add(value); }
  double result() const { return variance.deviation(); }
};
struct SquaredDeviation {
  Variance variance;
  void add(double value) { variance.add(value); }
  double result() const { return variance.variance(); }
};

// Where a series lies between 0 and 1, the same in every process: limit_ratio() and its complement
// choose by it. It is the hash of labels that Prometheus has (names and values, each after its
// length), so the same series are chosen.
double place_of(const LabelSet& labels) {
  std::string bytes;
  const auto append = [&bytes](std::string_view text) {
    const std::size_t size = text.size();
    if (size < 255) {
      bytes += static_cast<char>(size);
    } else {
      bytes += '\xff';
      for (const unsigned shift : {0U, 8U, 16U}) bytes += static_cast<char>(size >> shift);
    }
    bytes += text;
  };
  for (const window::LabelPair& pair : labels.pairs()) {
    append(*pair.name);
    append(*pair.value);
  }
  return static_cast<double>(xxhash64(bytes)) /
         static_cast<double>(std::numeric_limits<std::uint64_t>::max());
}

// The best so many: a heap with the worst of them on top, which the next better one replaces. Among
// equals, those stay that Prometheus' heap leaves.
class BestOf {
 public:
  BestOf(bool top, std::size_t count) : top_(top), count_(count) {}

  void add(const Element& element) {
    if (heap_.size() < count_) {
      heap_.push_back(element);
      rise(heap_.size() - 1);
    } else if (better(element, heap_.front())) {
      heap_.front() = element;
      sink();
    }
  }
  // The best first.
  void append_to(Vector& out) {
    std::ranges::stable_sort(
        heap_, [this](const Element& left, const Element& right) { return better(left, right); });
    out.insert(out.end(), heap_.begin(), heap_.end());
  }

 private:
  // NaN is worse than any number.
  bool better(const Element& left, const Element& right) const {
    if (std::isnan(left.value)) return false;
    if (std::isnan(right.value)) return true;
    return top_ ? left.value > right.value : left.value < right.value;
  }
  bool above(std::size_t left, std::size_t right) const {
    return std::isnan(heap_[left].value) || better(heap_[right], heap_[left]);
  }
  void rise(std::size_t at) {
    while (at > 0 && above(at, (at - 1) / 2)) {
      std::swap(heap_[at], heap_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
  }
  void sink() {
    for (std::size_t at = 0, child = 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && above(child + 1, child)) ++child;
      if (!above(child, at)) return;
      std::swap(heap_[at], heap_[child]);
      at = child;
    }
  }

  bool top_;
  std::size_t count_;
  Vector heap_;
};

bool takes_count(AggregateOp op) {
  return op == AggregateOp::kTopk || op == AggregateOp::kBottomk || op == AggregateOp::kLimitk;
}

std::vector<std::string> grouping_of(const Aggregate& aggregate, const std::string& value_label) {
  std::vector<std::string> names = aggregate.grouping;
  if (aggregate.op == AggregateOp::kCountValues && !aggregate.without) {
    names.push_back(value_label);
  }
  return names;
}

}  // namespace

Aggregation::Aggregation(Query& query, const Aggregate& aggregate, std::string value_label)
    : query_(query),
      aggregate_(aggregate),
      value_label_(std::move(value_label)),
      signature_(!aggregate.without, grouping_of(aggregate, value_label_), query.symbols()) {}

bool Aggregation::apply(double parameter, const Vector& in, Vector& out) {
  bool nothing = false;
  if (!check_parameter(parameter, in, nothing)) return false;
  if (nothing || in.empty()) return true;
  if (aggregate_.op == AggregateOp::kCountValues) {
    return count_values(in, out);
  }
  group(in);
  switch (aggregate_.op) {
    case AggregateOp::kSum:
      fold<Sum>(in, out);
      break;
    case AggregateOp::kAvg:
      fold<Mean>(in, out);
      break;
    case AggregateOp::kCount:
      fold<Count>(in, out);
      break;
    case AggregateOp::kMin:
      fold<Least>(in, out);
      break;
    case AggregateOp::kMax:
      fold<Greatest>(in, out);
      break;
    case AggregateOp::kGroup:
      fold<One>(in, out);
      break;
    case AggregateOp::kStddev:
      fold<Deviation>(in, out);
      break;
    case AggregateOp::kStdvar:
      fold<SquaredDeviation>(in, out);
      break;
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
      best(static_cast<std::size_t>(std::min(parameter, static_cast<double>(in.size()))), in, out);
      break;
    case AggregateOp::kQuantile:
      quantiles(parameter, in, out);
      break;
    case AggregateOp::kLimitk:
      first_ones(static_cast<std::size_t>(std::min(parameter, static_cast<double>(in.size()))), in,
                 out);
      break;
    case AggregateOp::kLimitRatio:
      ratio(std::clamp(parameter, -1.0, 1.0), in, out);
      break;
    case AggregateOp::kCountValues:
      break;  // above
  }
  return query_.admit(out);
}

bool Aggregation::check_parameter(double parameter, const Vector& in, bool& nothing) {
  const AggregateOp op = aggregate_.op;
  if (takes_count(op)) {
    if (std::isnan(parameter)) return query_.fail("Parameter value is NaN");
    if (parameter <= -0x1p63) {
      return query_.fail("Scalar value " + format_general(parameter) + " underflows int64");
    }
    if (parameter >= 0x1p63) {
      return query_.fail("Scalar value " + format_general(parameter) + " overflows int64");
    }
    nothing = parameter < 1;
  } else if (op == AggregateOp::kLimitRatio) {
    if (std::isnan(parameter)) return query_.fail("Ratio value is NaN");
    if (parameter < -1 || parameter > 1) {
      query_.annotations().invalid_ratio_parameter(parameter, aggregate_.parameter->at);
    }
    nothing = parameter == 0;
  } else if (op == AggregateOp::kQuantile) {
    if (!(parameter >= 0 && parameter <= 1)) {
      query_.annotations().invalid_quantile_parameter(parameter, aggregate_.parameter->at);
    }
  }
  return query_.work(in.size());
}

void Aggregation::group(const Vector& in) {
  groups_.clear();
  group_of_.assign(in.size(), 0);
  if (signature_.trivial()) {
    groups_.push_back({in.front().labels, in.front().drop_name});
    return;
  }
  index_.reset(std::min<std::size_t>(in.size(), 1024));
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Element& element = in[i];
    const auto next = static_cast<std::uint32_t>(groups_.size());
    const std::uint32_t known = index_.insert(
        signature_.hash(*element.labels), next,
        [&](std::uint32_t at) { return signature_.equal(*groups_[at].first, *element.labels); });
    if (known == FlatIndex::kNone) groups_.push_back({element.labels, element.drop_name});
    group_of_[i] = known == FlatIndex::kNone ? next : known;
  }
}

const LabelSet* Aggregation::labels_of(const Group& group) {
  pairs_.clear();
  signature_.project(*group.first, pairs_);
  return query_.labels().make(pairs_);
}

template <class State>
void Aggregation::fold(const Vector& in, Vector& out) {
  std::vector<State> states(groups_.size());
  for (std::size_t i = 0; i < in.size(); ++i) states[group_of_[i]].add(in[i].value);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    out.push_back({labels_of(groups_[g]), states[g].result(), groups_[g].drop_name});
  }
}

void Aggregation::quantiles(double q, const Vector& in, Vector& out) {
  std::vector<std::vector<double>> values(groups_.size());
  for (std::size_t i = 0; i < in.size(); ++i) values[group_of_[i]].push_back(in[i].value);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    out.push_back({labels_of(groups_[g]), quantile(q, std::move(values[g])), groups_[g].drop_name});
  }
}

// topk and bottomk.
void Aggregation::best(std::size_t count, const Vector& in, Vector& out) {
  std::vector<BestOf> kept(groups_.size(), BestOf(aggregate_.op == AggregateOp::kTopk, count));
  for (std::size_t i = 0; i < in.size(); ++i) kept[group_of_[i]].add(in[i]);
  for (BestOf& best : kept) best.append_to(out);
}

void Aggregation::first_ones(std::size_t count, const Vector& in, Vector& out) {
  std::vector<std::size_t> taken(groups_.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (taken[group_of_[i]]++ < count) out.push_back(in[i]);
  }
}

// A negative share takes those that 1 + share leaves.
void Aggregation::ratio(double share, const Vector& in, Vector& out) {
  for (const Element& element : in) {
    const double place = place_of(*element.labels);
    if (share >= 0 ? place < share : place >= 1 + share) out.push_back(element);
  }
}

bool Aggregation::count_values(const Vector& in, Vector& out) {
  Vector valued;
  valued.reserve(in.size());
  const window::Symbol label = query_.symbols().intern(value_label_);
  for (const Element& element : in) {
    window::Symbol text = nullptr;
    if (!query_.make_symbol(format_plain(element.value), text)) return false;
    // A count by names names what was counted, also where the names would have gone.
    valued.push_back({query_.labels().with(element.labels, {label, text}), 0, false});
  }
  group(valued);
  fold<Count>(valued, out);
  return query_.admit(out);
}

}  // namespace hitwatch::promql
