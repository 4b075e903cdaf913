// Reads the samples of a text exposition (Prometheus' text format 0.0.4).
//
// Comments, HELP and TYPE lines are passed over. Two steps, since whoever reads the same exposition
// again and again knows most series by their text: lines first, labels where they are needed.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"

namespace hitwatch::metrics {

struct SampleLine {
  std::string_view series;  // as it stands there: `name` or `name{label="value"}`
  double value = 0;
  std::optional<std::int64_t> time;  // milliseconds, where the line has one
};

class ExpositionReader {
 public:
  // `text` must stay until the last call.
  explicit ExpositionReader(std::string_view text) : rest_(text) {}

  // The next sample; nothing at the end. A line that is none is an error that names its number, and
  // the next call goes on behind it.
  std::expected<std::optional<SampleLine>, std::string> next();

 private:
  std::string_view rest_;
  std::size_t line_ = 0;
};

// Name (as `__name__`) and labels of `name{label="value"}`, in the order of the text; an error says
// what is wrong.
std::expected<Labels, std::string> read_series(std::string_view series);

// What the HELP and TYPE lines of an exposition say of each family, in the order of their names.
struct Metadata {
  std::string name;
  std::string type = "unknown";  // "counter", "gauge", …
  std::string help;              // unescaped
};
std::vector<Metadata> read_metadata(std::string_view text);

}  // namespace hitwatch::metrics
