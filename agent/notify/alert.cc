#include "agent/notify/alert.h"

#include <fmt/core.h>

#include <algorithm>

namespace hitwatch::notify {

void normalize(metrics::Labels& labels) {
  std::erase_if(labels, [](const metrics::Label& label) { return label.value.empty(); });
  std::ranges::sort(labels, {}, &metrics::Label::name);
}

void complete(metrics::Labels& labels, const metrics::Labels& more) {
  for (const metrics::Label& label : more) {
    if (label_value(labels, label.name).empty()) labels.push_back(label);
  }
  normalize(labels);
}

std::string fingerprint(const metrics::Labels& labels) {
  constexpr std::uint64_t kOffset = 14695981039346656037ULL;
  constexpr std::uint64_t kPrime = 1099511628211ULL;
  std::uint64_t hash = kOffset;
  const auto add = [&](std::string_view text) {
    for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
    hash = (hash ^ 0xffU) * kPrime;
  };
  for (const metrics::Label& label : labels) {
    add(label.name);
    add(label.value);
  }
  return fmt::format("{:016x}", hash);
}

std::string_view label_value(const metrics::Labels& labels, std::string_view name) {
  const auto label = std::ranges::find(labels, name, &metrics::Label::name);
  return label == labels.end() ? std::string_view() : std::string_view(label->value);
}

}  // namespace hitwatch::notify
