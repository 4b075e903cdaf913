// Files that are read or written whole: configurations, certificates, secrets, small records.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::net {

// The content of a regular file of at most `limit` bytes. Does not wait for the writer of a FIFO.
// Errors say what is wrong without the path: "No such file or directory", "larger than 64KiB".
std::expected<std::string, std::string> read_small_file(const std::string& path, std::size_t limit);

// A text that changes whenever the file is written, replaced, or given other rights; "" if there is
// none.
std::string file_state(const std::string& path);

// Whether the path leads to a regular file that this process may open. Errors are a sentence:
// "/etc/ca.pem cannot be read: Permission denied".
std::expected<void, std::string> check_readable_file(const std::string& path);

// Puts a file with this content in the place of the one at `path`, if any: whoever reads there sees
// the one or the other, even if this process is killed meanwhile. Whether it could.
bool replace_small_file(const std::string& path, std::string_view content);

}  // namespace hitwatch::net
