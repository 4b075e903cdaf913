// The figures of `hitwatch keys` as texts that people read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/keyspace/report.h"

namespace hitwatch::cli {

// "12,345", rounded.
std::string whole_number(double number);
// "1 key", "12,345 keys".
std::string count_of(double number, std::string_view thing);
// "1023 B", "1.2 GiB".
std::string bytes_text(double bytes);
// "41 ms", "1.2 s", "3 min 20 s", "3 h 20 min", "12 d 4 h".
std::string duration_words(double seconds);
// "12.3%"; "<0.1%" for a little more than nothing; "" if the whole is unknown or nothing.
std::string share_text(double part, double whole);
// Half the 95 % interval: "±1.9%", or "" if the figure is exact or nothing.
std::string error_text(const std::optional<keyspace::Estimate>& estimate);
// Whether the error is as large as the figure, so that there may be none at all.
bool is_doubtful(const keyspace::Estimate& estimate);
// "12,345"; "<300" for what was not seen among the keys looked at; "-" if nothing is known.
std::string estimated_count(const std::optional<keyspace::Estimate>& estimate);
// The same; what may as well be nothing is fewer than its bound too.
std::string doubted_count(const std::optional<keyspace::Estimate>& estimate);
std::string estimated_bytes(const std::optional<keyspace::Estimate>& estimate);
std::string estimated_duration(const std::optional<keyspace::Estimate>& estimate);

}  // namespace hitwatch::cli
