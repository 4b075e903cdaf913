// What a single value must look like, wherever it was given. Errors are sentences that say what a
// right one looks like, without the value.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::config {

using Checked = std::expected<void, std::string>;

// `host:port`, `[v6]:port` or `:port`, port 0 to 65535.
Checked check_listen_address(std::string_view text);
// `/metrics`: an absolute path that no other endpoint has.
Checked check_telemetry_path(std::string_view text);
// A label of a target: a name in the Prometheus data model that no metric of ours uses itself.
Checked check_target_label(std::string_view name);
// A regular expression in RE2's syntax.
Checked check_regex(const std::string& text);
// The name of the CONFIG command: one word, or "-" for none.
Checked check_command_name(std::string_view text);

}  // namespace hitwatch::config
