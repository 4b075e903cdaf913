// The words that answers of nodes and sentinels are made of, and which of them are believed: what
// they say becomes labels, addresses and lines in the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hitwatch::topology {

inline constexpr std::size_t kLongestWord = 255;  // of host names, and of anything else

// 40 hex digits; other servers make ids of letters, digits, `-` and `_`, at most 64.
bool is_node_id(std::string_view text);
// A host name or IP address, without brackets; "" and "?", too.
bool is_host(std::string_view text);
// A flag of CLUSTER NODES.
bool is_flag(std::string_view text);
// Digits alone.
std::optional<std::uint64_t> read_number(std::string_view text);
// 0 to 65535.
std::optional<std::uint16_t> read_port(std::string_view text);

}  // namespace hitwatch::topology
