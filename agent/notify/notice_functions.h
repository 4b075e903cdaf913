// The functions that Alertmanager gives to the templates of notifications, up to its 0.30.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rules/templates/function.h"

namespace hitwatch::notify {

std::span<const templates::Function> notice_functions();

// Each word with a first letter in upper case and the others in lower case. An apostrophe, a point
// and a colon between letters do not end a word, nor does an underscore: `It's Foo.bar Redisdown`.
std::string title_case(std::string_view text);

}  // namespace hitwatch::notify
