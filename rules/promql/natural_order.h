// The order of texts in which "10" comes after "9": runs of digits are compared as numbers.
#pragma once

#include <string_view>

namespace hitwatch::promql {

// <0, 0, >0. As sort_by_label() sorts.
int compare_naturally(std::string_view left, std::string_view right);

}  // namespace hitwatch::promql
