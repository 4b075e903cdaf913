// The web configuration in force, which follows its files.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/web/web_config.h"

namespace hitwatch::web {

// What the server works by. `tls` is null for plain HTTP.
struct ActiveConfig {
  std::shared_ptr<SSL_CTX> tls;
  std::vector<Header> headers;
  std::shared_ptr<const Users> users;
};

class WatchedConfig {
 public:
  // "" for no file: plain HTTP for everybody. Fails with the faults of the file, or else the first
  // of those that it names.
  static std::expected<WatchedConfig, Faults> open(const std::string& path);

  // Reads everything again if the file, or one that it names, is another than at the last look
  // (by inode, size or times). True if a new version is in force; faults if it has some and the
  // former stays, once for each version.
  std::expected<bool, Faults> refresh();

  const std::shared_ptr<const ActiveConfig>& active() const { return active_; }

 private:
  // What stat says of each watched file, the configuration first.
  using Fingerprint = std::vector<std::string>;

  std::expected<void, Faults> load();
  Fingerprint look() const;

  std::string path_;
  std::vector<std::string> named_;  // by the version last read, faulty or not
  Fingerprint seen_;
  std::shared_ptr<const ActiveConfig> active_;
};

}  // namespace hitwatch::web
