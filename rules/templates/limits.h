// How much a template may cost, whatever it says.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hitwatch::templates {

inline constexpr std::size_t kLongestTemplate = 64 << 10;  // bytes of source
inline constexpr int kDeepestSyntax = 150;              // blocks and parentheses within each other
inline constexpr std::size_t kLongestOutput = 1 << 20;  // bytes, also of every text on the way

// What is left to one execution. Whoever spends more than that ends it.
struct Budget {
  std::int64_t steps = 1'000'000;  // statements, commands and operands
  std::int64_t bytes = 64 << 20;   // read and written by functions
  int queries = 100;
  int depth = 300;  // statements and pipelines within each other, at run time

  bool spend_bytes(std::size_t count) {
    bytes -= static_cast<std::int64_t>(count);
    return bytes >= 0;
  }
};

// Containers within each other that a function may build.
inline constexpr int kDeepestValue = 100;

}  // namespace hitwatch::templates
