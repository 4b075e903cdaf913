// The templates that a configuration may use without bringing them: those of Alertmanager's names
// that Slack's and PagerDuty's messages are made of.
#pragma once

#include <string_view>

namespace hitwatch::notify {

// A source text of definitions. What they write is what Alertmanager's of the same names write.
std::string_view default_notice_templates();

}  // namespace hitwatch::notify
