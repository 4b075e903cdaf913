// What names keys to look at: "db0=user:*", as redis_exporter writes it.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "collectors/keyspace/options.h"

namespace hitwatch::config {

constexpr int kMostDatabase = 16'383;        // highest index of a database
constexpr std::size_t kMaxSelectors = 1000;  // in one list
constexpr std::size_t kMaxSelectorBytes = 65'536;

// "db3=TEXT" is TEXT in database 3; anything else stands for itself, in database 0. The error
// completes a sentence that begins with the text, and does not repeat it.
std::expected<keyspace::KeySelector, std::string> parse_key_selector(std::string_view text);

}  // namespace hitwatch::config
