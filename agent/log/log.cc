#include "agent/log/log.h"

#include <fmt/core.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace hitwatch::log {
namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool needs_quotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == 0x7f;
         });
}

}  // namespace

Log::Log(Level level, Format format) : format_(format) {
  logger_ = std::make_unique<spdlog::logger>("hitwatch",
                                             std::make_shared<spdlog::sinks::stderr_sink_mt>());
  const char* pattern = format == Format::kJson
                            ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                            : "ts=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v";
  logger_->set_pattern(pattern, spdlog::pattern_time_type::utc);
  logger_->flush_on(spdlog::level::debug);
  set_level(level);
}

Log::~Log() = default;

void Log::set_level(Level level) { logger_->set_level(level_of(level)); }

void Log::debug(std::string_view message, std::initializer_list<Field> fields) {
  write(Level::kDebug, message, fields);
}
void Log::info(std::string_view message, std::initializer_list<Field> fields) {
  write(Level::kInfo, message, fields);
}
void Log::warn(std::string_view message, std::initializer_list<Field> fields) {
  write(Level::kWarn, message, fields);
}
void Log::error(std::string_view message, std::initializer_list<Field> fields) {
  write(Level::kError, message, fields);
}

void Log::write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!logger_->should_log(level_of(level))) return;
  std::string line;
  if (format_ == Format::kJson) {
    line = fmt::format("\"msg\":{}", json_text(message));
    for (const Field& field : fields) {
      if (field.value.empty()) continue;
      line += fmt::format(",{}:{}", json_text(field.key), json_text(field.value));
    }
  } else {
    line = fmt::format("msg={}", needs_quotes(message) ? json_text(message) : message);
    for (const Field& field : fields) {
      if (field.value.empty()) continue;
      line += fmt::format(
          " {}={}", field.key,
          needs_quotes(field.value) ? json_text(field.value) : std::string(field.value));
    }
  }
  logger_->log(level_of(level), "{}", line);
}

}  // namespace hitwatch::log
