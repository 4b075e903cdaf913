#include "rules/window/series.h"

#include <algorithm>

namespace hitwatch::window {
namespace {

std::unique_ptr<const LabelPair[]> copy(std::span<const LabelPair> labels) {
  auto pairs = std::make_unique_for_overwrite<LabelPair[]>(labels.size());
  std::ranges::copy(labels, pairs.get());
  return pairs;
}

}  // namespace

Series::Series(std::span<const LabelPair> labels, std::int64_t history)
    : pairs_(copy(labels)), labels_({pairs_.get(), labels.size()}), history_(history) {}

}  // namespace hitwatch::window
