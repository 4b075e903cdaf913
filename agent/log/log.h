// Structured log lines on standard error: a message and a few fields, as logfmt or JSON.
//
// Messages are constant texts; what varies is in fields. A field without a value is left out.
// Whoever logs keeps secrets out: URLs are logged by their `redacted()` form, passwords never.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

namespace spdlog {
class logger;
}

namespace hitwatch::log {

enum class Level { kDebug, kInfo, kWarn, kError };
enum class Format { kLogfmt, kJson };

struct Field {
  std::string_view key;
  std::string_view value;
};

// Thread-safe.
class Log {
 public:
  Log(Level level, Format format);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Takes effect for the lines that follow.
  void set_level(Level level);

  void debug(std::string_view message, std::initializer_list<Field> fields = {});
  void info(std::string_view message, std::initializer_list<Field> fields = {});
  void warn(std::string_view message, std::initializer_list<Field> fields = {});
  void error(std::string_view message, std::initializer_list<Field> fields = {});

 private:
  void write(Level level, std::string_view message, std::initializer_list<Field> fields);

  Format format_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace hitwatch::log
