// Values that no number of a script says.
#pragma once

#include <limits>

namespace hitwatch::promql {

inline constexpr double kInf = std::numeric_limits<double>::infinity();
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace hitwatch::promql
