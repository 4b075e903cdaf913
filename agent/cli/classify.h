// `hitwatch classify`: what the configured key patterns make of keys.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/keys/matcher.h"

namespace hitwatch::cli {

struct ClassifyOptions {
  std::string config_file;  // "": the service's, if there is one
  bool explain = false;
  bool null_separated = false;
  std::vector<std::string> keys;  // none: standard input
};

// Adds the subcommand; parsing fills `options`.
CLI::App* add_classify_command(CLI::App& app, ClassifyOptions& options);

// The exit code.
int classify(const ClassifyOptions& options);

// `tenant<TAB>type<TAB>pattern<TAB>key` and a newline: "-" for what there is none of, "!missing"
// for a tenant that the pattern requires and the key lacks, the type "unclassified" for a key that
// no pattern matches. With `explain` an indented line for each pattern before the one that matches,
// with the reason why it does not.
void append_classified(std::string& out, keys::Matcher& matcher, std::string_view key,
                       bool explain);

}  // namespace hitwatch::cli
