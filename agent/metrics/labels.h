// Label names and values, as in the Prometheus data model.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::metrics {

struct Label {
  std::string name;
  std::string value;
  bool operator==(const Label&) const = default;
};
using Labels = std::vector<Label>;

// A label whose text belongs to someone else and lives until the call it is passed to returns.
struct LabelView {
  std::string_view name;
  std::string_view value;
};
using LabelViews = std::span<const LabelView>;

// [a-zA-Z_][a-zA-Z0-9_]*, not starting with "__".
bool is_label_name(std::string_view name);
// [a-zA-Z_:][a-zA-Z0-9_:]*
bool is_metric_name(std::string_view name);

// The length of the UTF-8 sequence that `text` begins with: 1 to 4 bytes, or 0 if it is not valid
// (Unicode, table 3-7).
std::size_t utf8_length(std::string_view text);

// Appends `name="value"` pairs, comma separated, without braces. Values are escaped as both text
// formats want (\\, \", \n) and made valid UTF-8: a byte that is not becomes U+FFFD.
void append_label_text(std::string& out, LabelViews labels);
void append_label_text(std::string& out, const Labels& labels);

}  // namespace hitwatch::metrics
