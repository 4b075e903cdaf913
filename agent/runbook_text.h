// docs/alerts.md, as it is in the program.
#pragma once

#include <string_view>

namespace hitwatch {

std::string_view runbook_text();

}  // namespace hitwatch
