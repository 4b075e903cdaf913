// Lists of keys in the flags of redis_exporter.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/keyspace/options.h"

namespace hitwatch::cli {

// "db3=user:*,orders:%2C": entries between commas, of which each may name a database ("db3=" or
// "3=") and is encoded as in the query of a URL, where `+` is a space. Empty entries are skipped.
// Errors name the entry by its number.
std::expected<std::vector<keyspace::KeySelector>, std::string> parse_key_list(
    std::string_view text);

// "^([^:]+):,\"^a{1,2}\"": fields of one line of CSV (RFC 4180), without the white space around
// them. Empty ones are skipped.
std::expected<std::vector<std::string>, std::string> parse_pattern_list(std::string_view text);

}  // namespace hitwatch::cli
