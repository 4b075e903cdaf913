// The functions that Prometheus gives to the templates of alerts. Those of its documentation up to
// 3.8 (toDuration, now and urlQueryEscape are younger than 2.42).
#pragma once

#include <span>

#include "rules/templates/function.h"

namespace hitwatch::templates {

std::span<const Function> alert_functions();

}  // namespace hitwatch::templates
