// docs/reference/metrics.md, made from the tables that metrics are made from.
#pragma once

#include <string>

namespace hitwatch::reference {

std::string metric_reference();

}  // namespace hitwatch::reference
