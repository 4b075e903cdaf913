// An instant vector while a query is evaluated.
#pragma once

#include <vector>

#include "rules/window/label_set.h"

namespace hitwatch::promql {

struct Element {
  const window::LabelSet* labels;  // of the window or of the query's LabelTable
  double value;
  // The name goes when the query ends. Until then it stays with the labels, so that elements of
  // different names do not collide and label_replace() can still read it (Prometheus' delayed name
  // removal).
  bool drop_name;
};
using Vector = std::vector<Element>;

// Vectors that are used again, with the room they have.
class VectorPool {
 public:
  class Lease {
   public:
    explicit Lease(VectorPool& pool) : pool_(pool) {
      if (!pool_.free_.empty()) {
        vector_.swap(pool_.free_.back());
        pool_.free_.pop_back();
      }
    }
    ~Lease() {
      vector_.clear();
      pool_.free_.push_back(std::move(vector_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Vector& operator*() { return vector_; }

   private:
    VectorPool& pool_;
    Vector vector_;
  };

 private:
  std::vector<Vector> free_;
};

}  // namespace hitwatch::promql
