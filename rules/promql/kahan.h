// Sums and means of floating point numbers that lose little: Neumaier's variant of Kahan's
// compensated summation, as Prometheus 3 uses it in sum, avg and their kin over time.
#pragma once

#include <cmath>

namespace hitwatch::promql {

// The sum of what was added is `sum` plus `compensation`, the part that did not fit into it.
struct Kahan {
  double sum = 0;
  double compensation = 0;

  // Nothing is compensated once the sum is infinite.
  void add(double value) {
    const double next = sum + value;
    if (std::isinf(next)) {
      compensation = 0;
    } else if (std::abs(sum) >= std::abs(value)) {
      compensation += (sum - next) + value;
    } else {
      compensation += (value - next) + sum;
    }
    sum = next;
  }
  double total() const { return sum + compensation; }
};

// The mean of what was added: of the sum as long as that is finite, from then on of a running mean,
// which does not overflow. At least one value must have been added.
class KahanMean {
 public:
  void add(double value) {
    ++count_;
    if (count_ == 1) {
      state_.sum = value;
      return;
    }
    if (!running_) {
      Kahan next = state_;
      next.add(value);
      if (!std::isinf(next.sum)) {
        state_ = next;
        return;
      }
      running_ = true;
      state_.sum /= count_ - 1;
      state_.compensation /= count_ - 1;
    }
    const double weight = (count_ - 1) / count_;
    state_.sum *= weight;
    state_.compensation *= weight;
    state_.add(value / count_);
  }
  double mean() const {
    return running_ ? state_.total() : state_.sum / count_ + state_.compensation / count_;
  }

 private:
  Kahan state_;  // of the sum; of the mean, once it is a running one
  double count_ = 0;
  bool running_ = false;
};

}  // namespace hitwatch::promql
