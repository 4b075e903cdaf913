// The statistics of sampled keys: what a sample says about all keys, with 95 % intervals.
//
// SCAN walks the buckets of a hash table in an order that has nothing to do with the keys' names,
// so that a page from anywhere is as good as keys drawn one by one; where it is not (several tables
// that hold related keys), the spread between pages shows it: `design_effect`.
#pragma once

#include <cstddef>
#include <span>

#include "collectors/keyspace/report.h"

namespace hitwatch::keyspace {

struct Interval {
  double low;
  double high;
};

// Wilson's score interval of 95 % for `part` of `total` > 0, as shares from 0 to 1. (E. B. Wilson,
// "Probable Inference, the Law of Succession, and Statistical Inference", 1927.) Neither needs to
// be whole: an effective size of a sample will do.
Interval wilson_interval(double part, double total);

// Mean and spread of positive numbers that are seen one by one.
struct Moments {
  double count = 0;
  double sum = 0;
  double sum_of_squares = 0;

  void add(double x) {
    ++count;
    sum += x;
    sum_of_squares += x * x;
  }
  void add(const Moments& others) {
    count += others.count;
    sum += others.sum;
    sum_of_squares += others.sum_of_squares;
  }
  double mean() const { return count > 0 ? sum / count : 0; }
  // The square of the coefficient of variation, by the unbiased variance; 0 for less than two.
  double squared_variation() const;
};

// The squared variation of a few numbers that are of the kind of many others: those others weigh as
// much as kPrior of the few, since a handful says next to nothing about a long tail.
double pooled_variation(const Moments& few, const Moments& many);

// Of `total` > 0 sampled keys `part` are of a group; `effective_part` and `effective_total` are
// these, divided by the design effect. The number of the group's keys among `population`.
Estimate estimate_count(double part, double total, double population, double design_effect);

// A positive figure whose logarithm has this standard error, found with so many degrees of freedom.
Estimate around(double value, double log_error, double degrees_of_freedom);

// A share between 0 and 1 of `whole` whose variance is given; the interval is symmetric in the
// logarithm of the odds.
Estimate share_of(double whole, double share, double variance, double degrees_of_freedom);

// Product of two independent estimates of positive figures, by the method of variance estimates
// recovery on logarithms (G. Y. Zou and A. Donner, "Construction of confidence limits about effect
// measures", 2008).
Estimate product(const Estimate& a, const Estimate& b);

// Multiplies the odds of every share by one factor such that the sum of weight x share becomes
// `total`: what raking a table of two columns to known margins converges to (W. E. Deming and
// F. F. Stephan, 1940). Returns the factor; shares of 0 and 1 stay. Answers 1 if no factor reaches
// `total`.
struct Raked {
  double weight;
  double share;
};
double raking_factor(std::span<const Raked> cells, double total);
// A share with its odds multiplied.
double with_odds(double share, double factor);

}  // namespace hitwatch::keyspace
