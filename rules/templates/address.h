// The instance labels of targets: `host.example:9100`, `[::1]:9100`.
#pragma once

#include <string>
#include <string_view>

namespace hitwatch::templates {

// Without the port; unchanged if it is not a host and a port.
std::string strip_port(std::string_view address);
// The first part of the host's name, with the port if there is one. IP addresses stay as they are.
std::string strip_domain(std::string_view address);
// The path of a URL, with escapes decoded.
std::string url_path(std::string_view url);

}  // namespace hitwatch::templates
