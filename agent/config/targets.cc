#include <glob.h>

#include <utility>

#include "agent/config/config.h"

namespace hitwatch::config {

std::vector<std::string> expand_glob(const std::string& glob) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(glob.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return paths;
}

void apply_credentials(redis::Target& target, const std::vector<Credentials>& credentials) {
  if (!target.username.empty() || !target.password.empty()) return;
  const std::string address = target.url.address();
  for (const Credentials& entry : credentials) {
    if (!matches_pattern(entry.match, address)) continue;
    target.username = entry.username;
    target.password = entry.password;
    if (target.tls == net::TlsOptions{}) target.tls = entry.tls;
    return;
  }
}

std::expected<redis::Target, std::string> target_from_url(std::string_view url) {
  auto parsed = net::parse_redis_url(url);
  if (!parsed) return std::unexpected(parsed.error());
  redis::Target target;
  target.url = *std::move(parsed);
  target.username = std::exchange(target.url.username, {});
  target.password.literal = std::exchange(target.url.password, {});
  return target;
}

// Goes back to the last `*` on a mismatch, which is enough: an earlier one can take no more than
// the later ones leave. Time is at most the product of both lengths.
bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace hitwatch::config
