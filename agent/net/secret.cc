#include "agent/net/secret.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace hitwatch::net {
namespace {

constexpr std::size_t kMaxSecretBytes = 64U << 10;

std::unexpected<Error> failure(std::string text) {
  return std::unexpected(Error{Reason::kSecret, std::move(text)});
}

class FileHandle {
 public:
  // Without O_NONBLOCK a FIFO would hold up the caller until somebody writes to it.
  explicit FileHandle(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

std::string system_message(int error) { return std::generic_category().message(error); }

std::expected<std::string, Error> read_file(const std::string& path) {
  const FileHandle file(path);
  if (file.get() < 0) {
    return failure(fmt::format("secret file {}: {}", path, system_message(errno)));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return failure(fmt::format("secret file {}: not a regular file", path));
  }
  std::string secret(kMaxSecretBytes + 1, '\0');
  std::size_t used = 0;
  while (used < secret.size()) {
    const ssize_t got = ::read(file.get(), secret.data() + used, secret.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return failure(fmt::format("secret file {}: {}", path, system_message(errno)));
    }
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  if (used > kMaxSecretBytes) {
    return failure(fmt::format("secret file {}: larger than 64 KiB", path));
  }
  secret.resize(used);
  if (secret.ends_with("\r\n")) {
    secret.resize(secret.size() - 2);
  } else if (secret.ends_with('\n')) {
    secret.pop_back();
  }
  return secret;
}

}  // namespace

std::expected<std::string, Error> read_secret(const SecretSource& source) {
  if (!source.file.empty()) return read_file(source.file);
  if (!source.environment.empty()) {
    const char* value = std::getenv(source.environment.c_str());
    if (value == nullptr) {
      return failure(fmt::format("the environment variable {} is not set", source.environment));
    }
    return std::string(value);
  }
  return source.literal;
}

}  // namespace hitwatch::net
