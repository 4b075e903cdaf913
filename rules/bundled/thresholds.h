// What the bundled rules compare with, unless the configuration says otherwise (docs/alerts.md).
#pragma once

#include <span>
#include <string_view>

namespace hitwatch::bundled {

// Ratios from 0 to 1, seconds, bytes or plain numbers. A type of "" stands for any.
struct Threshold {
  std::string_view name;
  std::string_view type;
  double value;
};

std::span<const Threshold> thresholds();

}  // namespace hitwatch::bundled
