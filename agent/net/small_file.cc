#include "agent/net/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <utility>

#include "agent/net/duration.h"

namespace hitwatch::net {
namespace {

std::unexpected<std::string> system_error(int code) {
  return std::unexpected(std::generic_category().message(code));
}

class FileHandle {
 public:
  explicit FileHandle(int fd) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }

 private:
  int fd_;
};

// Opening is what decides: access() would answer for the real user, not for the effective one.
std::expected<FileHandle, std::string> open_regular_file(const std::string& path) {
  FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return system_error(errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error(errno);
  if (!S_ISREG(status.st_mode)) return std::unexpected("not a regular file");
  return file;
}

}  // namespace

std::expected<std::string, std::string> read_small_file(const std::string& path,
                                                        std::size_t limit) {
  const auto file = open_regular_file(path);
  if (!file) return std::unexpected(file.error());
  std::string content(limit + 1, '\0');
  std::size_t used = 0;
  while (used < content.size()) {
    const ssize_t got = ::read(file->get(), content.data() + used, content.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  if (used > limit) return std::unexpected(fmt::format("larger than {}", format_size(limit)));
  content.resize(used);
  return content;
}

std::string file_state(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return "";
  return fmt::format("{}:{} {} {}.{:09} {}.{:09}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                     status.st_ctim.tv_nsec);
}

std::expected<void, std::string> check_readable_file(const std::string& path) {
  if (const auto file = open_regular_file(path); !file) {
    return std::unexpected(fmt::format("{} cannot be read: {}", path, file.error()));
  }
  return {};
}

bool replace_small_file(const std::string& path, std::string_view content) {
  const std::string fresh = path + ".new";
  {
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << content;
    if (!file.flush()) return false;
  }
  return std::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace hitwatch::net
