// Files that are read whole: configurations, certificates, secrets.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace hitwatch::net {

// The content of a regular file of at most `limit` bytes. Does not wait for the writer of a FIFO.
// Errors say what is wrong without the path: "No such file or directory", "larger than 64KiB".
std::expected<std::string, std::string> read_small_file(const std::string& path, std::size_t limit);

// Whether the path leads to a regular file that this process may open. Errors are a sentence:
// "/etc/ca.pem cannot be read: Permission denied".
std::expected<void, std::string> check_readable_file(const std::string& path);

}  // namespace hitwatch::net
