// Which part of the targets a daemon watches, as `--shard` and `shard:` say it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "agent/config/config.h"

namespace hitwatch::config {

constexpr int kMostShards = 1000;

// "2/5" is the second of five parts. "pod/5" is the one that the number at the end of `host_name`
// tells, from 0 on, as the pods of a StatefulSet have it: cache-watch-1 has the second. The error
// is a sentence.
std::expected<Shard, std::string> parse_shard(std::string_view text, std::string_view host_name);
// With the name of this host.
std::expected<Shard, std::string> parse_shard(std::string_view text);

// "2/5"
std::string shard_text(const Shard& shard);

}  // namespace hitwatch::config
