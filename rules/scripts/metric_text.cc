#include "rules/scripts/metric_text.h"

#include <map>
#include <string_view>

#include "rules/window/quote.h"

namespace hitwatch::scripts {
namespace {

std::string text_of(const std::map<std::string_view, std::string_view>& labels) {
  std::string out = "{";
  for (const auto& [name, value] : labels) {
    if (out.size() > 1) out += ", ";
    out += name;
    out += '=';
    window::append_quoted(out, value);
  }
  return out + '}';
}

}  // namespace

std::string metric_text(const metrics::Labels& labels) {
  std::map<std::string_view, std::string_view> pairs;
  for (const metrics::Label& label : labels) pairs.emplace(label.name, label.value);
  return text_of(pairs);
}

std::string metric_text(const window::LabelSet& labels) {
  std::map<std::string_view, std::string_view> pairs;
  for (const window::LabelPair& pair : labels.pairs()) pairs.emplace(*pair.name, *pair.value);
  return text_of(pairs);
}

}  // namespace hitwatch::scripts
