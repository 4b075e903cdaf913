// Whether the texts of a configuration are templates at all, before the first alert.
#pragma once

#include <string>
#include <vector>

#include "agent/notify/notice_templates.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

// What does not parse, as sentences: `receiver 'team': slack[0].title: unexpected "}" in operand`.
// That a template exists which a text names is seen only when it is sent.
std::vector<std::string> wrong_texts(const Settings& settings, const NoticeTemplates& templates);

}  // namespace hitwatch::notify
