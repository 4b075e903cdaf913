// One row for each flag of redis_exporter, and for ours.
#pragma once

#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "agent/config/config.h"

namespace hitwatch::cli {

// The configuration in the making, and the values that only make sense together.
struct ExporterSettings {
  config::Config config;
  std::string address = "redis://localhost:6379";
  std::string username;
  std::string password;
  std::string password_file;
  net::TlsOptions tls;
  bool debug = false;
};

enum class FlagKind { kText, kBool, kInteger };
enum class FlagSupport {
  kSupported,
  kNoEffect,  // only qualifies a feature that is refused: alone it asks for nothing
  kRefused    // unless its value asks for nothing
};

struct ExporterFlag {
  std::string_view name;         // without dashes
  std::string_view environment;  // variable that gives a value if the flag does not; "" for none
  FlagKind kind;
  FlagSupport support;
  // kSupported: one line of help. kRefused: the reason and what to use instead.
  std::string_view text;
  // kSupported: takes the value, which is "true" or "false" for kBool. The error completes "--name:
  // …" and does not repeat the value.
  std::expected<void, std::string> (*apply)(ExporterSettings&, const std::string& value) = nullptr;
  std::string_view neutral = "";  // kRefused: a value beside "" and "false" that asks for nothing
};

std::span<const ExporterFlag> exporter_flags();

}  // namespace hitwatch::cli
