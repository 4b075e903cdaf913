#include "agent/net/secret_texts.h"

#include <algorithm>
#include <array>
#include <functional>

#include "agent/net/base64.h"
#include "agent/net/http_url.h"
#include "agent/net/http_words.h"
#include "agent/net/percent.h"

namespace hitwatch::net {
namespace {

constexpr std::size_t kShortestPart = 8;  // bytes; shorter ones are words of anybody's
constexpr std::string_view kInHeaders = " \t,;:=\"'/?&@";
constexpr std::string_view kInTargets = "/?&=";

std::string_view without_blanks(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

void SecretTexts::add(std::string_view secret) {
  if (secret.empty()) return;
  const auto place = std::ranges::lower_bound(texts_, secret.size(), std::ranges::greater(),
                                              [](const std::string& one) { return one.size(); });
  const auto equal = [&](const std::string& one) { return one == secret; };
  if (std::any_of(place, texts_.end(), equal)) return;
  texts_.emplace(place, secret);
}

void SecretTexts::add_parts(std::string_view text, std::string_view separators) {
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find_first_of(separators, start), text.size());
    const auto part = text.substr(start, end - start);
    if (part.size() >= kShortestPart) {
      add(part);
      if (const auto decoded = percent_decode(part)) add(*decoded);
    }
    start = end + 1;
  }
}

void SecretTexts::add_header(std::string_view value) {
  add(value);
  value = without_blanks(value);
  add(value);
  add_parts(value, kInHeaders);
  const auto blank = value.find(' ');
  if (blank == std::string_view::npos || !is_header_name(value.substr(0, blank))) return;
  const auto credentials = without_blanks(value.substr(blank));
  add(credentials);
  if (!equal_ignoring_case(value.substr(0, blank), "Basic")) return;
  const auto decoded = base64_decode(credentials);
  if (!decoded) return;
  add(*decoded);
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return;
  const std::string_view password = std::string_view(*decoded).substr(colon + 1);
  add(password);
  // Some services take a key as the user, with no password.
  if (password.empty()) add(std::string_view(*decoded).substr(0, colon));
}

void SecretTexts::add_url(std::string_view text) {
  add(text);
  const auto url = parse_http_url(text);
  if (!url) return;
  const std::string_view target = url->target;
  const auto path = target.substr(0, target.find('?'));
  if (target.size() > 1) add(target);
  if (path.size() > 1) add(path);
  add_parts(target, kInTargets);
}

std::string SecretTexts::hidden_in(std::string_view text) const {
  std::array<bool, 256> starts{};
  for (const auto& secret : texts_) starts[static_cast<unsigned char>(secret.front())] = true;
  std::string out;
  std::size_t hidden_until = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (starts[static_cast<unsigned char>(rest.front())]) {
      const auto secret =
          std::ranges::find_if(texts_, [&](const auto& one) { return rest.starts_with(one); });
      if (secret != texts_.end()) {
        if (i >= hidden_until) out += "<secret>";
        hidden_until = std::max(hidden_until, i + secret->size());
      }
    }
    if (i >= hidden_until) out += text[i];
  }
  return out;
}

}  // namespace hitwatch::net
