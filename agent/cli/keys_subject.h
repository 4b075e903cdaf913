// Whose keys `hitwatch keys` looks at, and by which patterns it groups them.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "agent/cli/default_url.h"
#include "agent/config/environment.h"
#include "collectors/keys/matcher.h"
#include "collectors/redis/session.h"
#include "collectors/redis/target.h"

namespace hitwatch::cli {

// As the command line has it; "" for what it does not say.
struct KeysArguments {
  std::string url;  // or the name of a target of the configuration
  std::string config_file;
  std::vector<std::string> patterns;  // templates, before those of the configuration
  std::optional<int> database;
  std::string username;
  std::string password_file;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool insecure = false;
};

struct KeysSubject {
  redis::Target target;
  std::vector<int> databases;  // empty: all
  std::vector<keys::Rule> rules;
  bool by_first_segment = false;  // there were no patterns: the rules are the first segments
  redis::Session::Options session;
};

// Where the command line gives no password, there is the URL's, else that of the configuration's
// target of this name or address, else that of its `credentials`, else REDISCLI_AUTH. Sentinels and
// clusters are not asked which servers they have: one must be named. Errors are
// for a person and without secrets; they may have several lines.
std::expected<KeysSubject, std::string> find_subject(const KeysArguments& arguments,
                                                     const config::Environment& environment);

// A template as a rule: its type is what it captures, else the text that it begins with.
std::expected<keys::Rule, std::string> rule_of_template(const std::string& text);

}  // namespace hitwatch::cli
