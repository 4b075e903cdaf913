// Labels as reports show them and as maps are ordered by.
#pragma once

#include <string>

#include "agent/metrics/labels.h"
#include "rules/window/label_set.h"

namespace hitwatch::scripts {

// `{__name__="up", job="redis"}`: sorted by name, the metric's name among them.
std::string metric_text(const metrics::Labels& labels);
std::string metric_text(const window::LabelSet& labels);

}  // namespace hitwatch::scripts
