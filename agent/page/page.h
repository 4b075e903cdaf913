// The status page as it stands in status.html: text in the program itself, so that there is nothing
// to install.
#pragma once

#include <string_view>

namespace hitwatch {

std::string_view status_page_file();

}  // namespace hitwatch
