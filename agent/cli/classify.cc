#include "agent/cli/classify.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <expected>
#include <filesystem>

#include "agent/cli/key_stream.h"
#include "agent/cli/service_config.h"
#include "agent/config/config.h"
#include "agent/metrics/labels.h"
#include "collectors/lookups/lookup.h"

namespace hitwatch::cli {
namespace {

constexpr const char* kClassifyExamples = R"(
Keys stand behind the options: hitwatch classify [OPTIONS] [KEY...]. Those that begin with a dash
come after '--'.

Prints tenant, type, pattern and key, with tabs between them; '-' where there is none, '!missing'
where the pattern requires a tenant and the key has none. A key that no pattern matches has the type
'unclassified'. Without a KEY, keys are read from the standard input, one a line. Bytes that cannot
be printed are shown as \xHH.

Examples:
  hitwatch classify --config hitwatch.yaml catalog:acme:packages session:42
  hitwatch classify --explain catalog:acme
  redis-cli --scan | hitwatch classify | cut -f 1,2 | sort | uniq -c | sort -rn
)";

// The control characters of Unicode, in UTF-8: these speak to terminals.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

void append_printable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = metrics::utf8_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_control(character)) {
      for (const char c : character) {
        fmt::format_to(std::back_inserter(out), "\\x{:02X}", static_cast<unsigned char>(c));
      }
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
}

void append_field(std::string& out, std::string_view text) {
  append_printable(out, text.empty() ? "-" : text);
  out += '\t';
}

void append_reasons(std::string& out, const std::vector<keys::Rule>& rules,
                    const keys::Rule* winner, std::string_view key) {
  for (const keys::Rule& rule : rules) {
    if (&rule == winner) return;
    out += "  not ";
    append_printable(out, rule.pattern.text());
    out += ": ";
    append_printable(out, keys::explain(rule, key));
    out += '\n';
  }
}

int fail(std::string_view text) {
  fmt::print(stderr, "hitwatch classify: {}\n", text);
  return 1;
}

std::expected<std::vector<keys::Rule>, std::string> load_rules(std::string file) {
  if (file.empty()) {
    std::error_code ignored;
    if (!std::filesystem::exists(kServiceConfig, ignored)) {
      return std::unexpected(fmt::format(
          "there is no {}: name a configuration that has key patterns with --config FILE",
          kServiceConfig));
    }
    file = kServiceConfig;
  }
  auto config = config::load_file(file);
  if (!config) return std::unexpected(yaml::to_string(config.error()));
  if (config->keys.patterns.empty()) {
    return std::unexpected(file + " has no key patterns: add some under keys.patterns");
  }
  return std::move(config->keys.patterns);
}

// Writes the text and empties it; false, and a message, if it cannot be written.
bool write_out(std::string& text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) fail(fmt::format("cannot write: {}", std::strerror(errno)));
  text.clear();
  return written;
}

int classify_input(keys::Matcher& matcher, const ClassifyOptions& options) {
  constexpr std::size_t kEnough = 64 << 10;
  KeyStream keys(STDIN_FILENO, options.null_separated ? '\0' : '\n');
  std::string out;
  int code = 0;
  while (true) {
    switch (keys.next()) {
      case KeyStream::Found::kKey:
        append_classified(out, matcher, keys.key(), options.explain);
        break;
      case KeyStream::Found::kTooLong:
        code = fail(fmt::format("{} {} is longer than 1 MiB",
                                options.null_separated ? "key" : "line", keys.number()));
        break;
      case KeyStream::Found::kEnd:
        return write_out(out) ? code : 1;
      case KeyStream::Found::kError: {
        const std::string why = std::strerror(errno);
        write_out(out);
        return fail("cannot read the standard input: " + why);
      }
    }
    // Before it waits for more, answers to what came so far.
    if ((keys.would_read() || out.size() >= kEnough) && !write_out(out)) return 1;
  }
}

}  // namespace

CLI::App* add_classify_command(CLI::App& app, ClassifyOptions& options) {
  CLI::App* command = app.add_subcommand("classify", "Say tenant and type of keys");
  command->footer(kClassifyExamples);
  command->add_option("--config", options.config_file,
                      fmt::format("Configuration file (YAML), default {}", kServiceConfig));
  command->add_flag("--explain", options.explain,
                    "Say of each pattern before the one that matches why it does not");
  command->add_flag("-0,--null", options.null_separated,
                    "Keys of the standard input end with a NUL byte, not with a newline");
  // Not as an option of many values: CLI11 would take "[a,b]" for two of them.
  command->allow_extras();
  command->callback([command, &options] {
    options.keys = command->remaining();
    for (const std::string& key : options.keys) {
      if (key.starts_with('-')) throw CLI::ExtrasError({key});
    }
  });
  return command;
}

void append_classified(std::string& out, keys::Matcher& matcher, std::string_view key,
                       bool explain) {
  const keys::Match match = matcher.match(key);
  append_field(out, match.tenant_missing ? "!missing" : match.tenant);
  append_field(out, match ? match.type : lookups::kUnclassifiedType);
  append_field(out, match ? match.rule->pattern.text() : "");
  append_printable(out, key);
  out += '\n';
  if (explain) append_reasons(out, matcher.rules(), match.rule, key);
}

int classify(const ClassifyOptions& options) {
  auto rules = load_rules(options.config_file);
  if (!rules) return fail(rules.error());
  keys::Matcher matcher(*std::move(rules));
  if (options.keys.empty()) return classify_input(matcher, options);
  std::string out;
  for (const std::string& key : options.keys) {
    append_classified(out, matcher, key, options.explain);
  }
  return write_out(out) ? 0 : 1;
}

}  // namespace hitwatch::cli
