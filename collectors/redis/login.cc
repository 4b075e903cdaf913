#include "collectors/redis/login.h"

#include <algorithm>
#include <utility>

#include "collectors/redis/reply.h"

namespace hitwatch::redis {
namespace {

// Some servers repeat the command they refuse; that of AUTH holds the password.
std::string without_arguments(std::string text, std::span<const std::string> command) {
  text.resize(std::min(text.size(), text.find(", with args")));
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& secret = command[i];
    if (secret.empty()) continue;
    for (auto at = text.find(secret); at != text.npos; at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
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

net::Error auth_error(std::string reply, std::span<const std::string> command) {
  const net::Reason reason = classify_error(reply);
  return {reason == net::Reason::kError ? net::Reason::kAuth : reason,
          without_arguments(std::move(reply), command)};
}

}  // namespace hitwatch::redis
