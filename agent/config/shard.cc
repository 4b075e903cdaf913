#include "agent/config/shard.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <optional>

namespace hitwatch::config {
namespace {

constexpr std::string_view kPod = "pod";

std::optional<int> whole_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.front() == '-' || error != std::errc() ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// The number at the end of a host's name, without its domain; nothing if there is none.
std::optional<int> ordinal_of(std::string_view host_name) {
  const std::string_view name = host_name.substr(0, host_name.find('.'));
  return whole_number(name.substr(name.find_last_not_of("0123456789") + 1));
}

}  // namespace

std::expected<Shard, std::string> parse_shard(std::string_view text, std::string_view host_name) {
  const std::size_t slash = text.find('/');
  const auto count = slash == text.npos ? std::nullopt : whole_number(text.substr(slash + 1));
  const std::string_view part = text.substr(0, slash);
  if (!count || (part != kPod && !whole_number(part))) {
    return std::unexpected(fmt::format("'{}' is no shard: write 2/5 or pod/5", text));
  }
  if (*count < 1 || *count > kMostShards) {
    return std::unexpected(fmt::format("there are 1 to {} shards, not {}", kMostShards, *count));
  }
  if (part != kPod) {
    const int number = *whole_number(part);
    if (number < 1 || number > *count) {
      return std::unexpected(fmt::format("the shards of {0} are 1/{0} to {0}/{0}", *count));
    }
    return Shard{number, *count};
  }
  const auto ordinal = ordinal_of(host_name);
  if (!ordinal) {
    return std::unexpected(
        fmt::format("'{}' needs a host whose name ends with a number; this one is called '{}'",
                    text, host_name));
  }
  if (*ordinal >= *count) {
    return std::unexpected(fmt::format(
        "the host '{}' is none of {} that are numbered from 0 on: is the number after '{}/' too "
        "small?",
        host_name, *count, kPod));
  }
  return Shard{*ordinal + 1, *count};
}

std::expected<Shard, std::string> parse_shard(std::string_view text) {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) name[0] = '\0';
  return parse_shard(text, name.data());
}

std::string shard_text(const Shard& shard) {
  return fmt::format("{}/{}", shard.number, shard.count);
}

}  // namespace hitwatch::config
