#include "collectors/redis/login.h"

#include <utility>

#include "collectors/redis/reply.h"

namespace hitwatch::redis {
namespace {

// A password of this length is none of the words of an error by chance.
constexpr std::size_t kLongPassword = 4;

bool in_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_whole_word(std::string_view text, std::size_t at, std::size_t size) {
  const bool goes_on_before = at > 0 && in_a_word(text[at - 1]) && in_a_word(text[at]);
  const std::size_t end = at + size;
  const bool goes_on_after = end < text.size() && in_a_word(text[end - 1]) && in_a_word(text[end]);
  return !goes_on_before && !goes_on_after;
}

// Some servers repeat the command they refuse; that of AUTH ends with the password.
std::string without_password(std::string_view text, std::span<const std::string> command) {
  constexpr std::string_view kHidden = "***";
  text = text.substr(0, text.find(", with args"));
  const std::string_view password = command.empty() ? std::string_view() : command.back();
  if (password.empty()) return std::string(text);
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const bool hidden =
        text.substr(at).starts_with(password) &&
        (password.size() >= kLongPassword || is_whole_word(text, at, password.size()));
    shown += hidden ? kHidden : text.substr(at, 1);
    at += hidden ? password.size() : 1;
  }
  return shown;
}

std::vector<std::string> auth_words(const std::string& username, std::string password) {
  std::vector<std::string> words = {"AUTH"};
  if (!username.empty()) words.push_back(username);
  words.push_back(std::move(password));
  return words;
}

}  // namespace

std::expected<std::vector<std::string>, net::Error> auth_command(const Target& target) {
  for (const net::PasswordLookup& lookup : target.password_lookups) {
    auto login = lookup.map.find(target.url, lookup.username, lookup.any_user);
    if (!login) return std::unexpected(std::move(login.error()));
    if (!*login) continue;
    if ((*login)->password.empty()) return std::vector<std::string>();
    return auth_words((*login)->username, std::move((*login)->password));
  }
  if (target.password.empty() && target.username.empty()) return std::vector<std::string>();
  auto password = net::read_secret(target.password);
  if (!password) return std::unexpected(std::move(password.error()));
  return auth_words(target.username, *std::move(password));
}

net::Error auth_error(std::string_view reply, std::span<const std::string> command) {
  const net::Reason reason = classify_error(reply);
  return {reason == net::Reason::kError ? net::Reason::kAuth : reason,
          without_password(reply, command)};
}

}  // namespace hitwatch::redis
