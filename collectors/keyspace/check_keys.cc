// `keys.check.keys` and `single_keys`: the size, the memory and, if they are asked for, the values
// of keys. First their types, so that no command is sent that does not fit; then the command that
// fits and MEMORY USAGE; then the values of strings that are short enough.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "collectors/keyspace/check_step.h"
#include "collectors/keyspace/found_keys.h"

namespace hitwatch::keyspace {
namespace {

constexpr std::int64_t kLongestValueRead = 1 << 20;
constexpr std::size_t kLongestValueLabel = 4096;
// What the value of a HyperLogLog begins with: bytes for machines.
constexpr std::string_view kHyperLogLog = "HYLL";

struct LengthCommand {
  std::string_view type;
  Command command;
  bool may_be_empty;  // else a length of 0 is that of a key that has gone
};
constexpr LengthCommand kLengthCommands[] = {
    {"string", Command::kStrlen, true}, {"list", Command::kLlen, false},
    {"set", Command::kScard, false},    {"zset", Command::kZcard, false},
    {"hash", Command::kHlen, false},    {"stream", Command::kXlen, true},
};

// A whole value as a number.
std::optional<double> number_of(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && !text.empty() && end == text.data() + text.size();
  if (!whole || text.ends_with(')')) return std::nullopt;  // nan(1)
  return value;
}

// The beginning of a text, not ended within a character.
std::string_view cut(std::string_view text) {
  if (text.size() <= kLongestValueLabel) return text;
  constexpr unsigned kContinuation = 0x80;
  std::size_t size = kLongestValueLabel;
  while (size > kLongestValueLabel - 4 &&
         (static_cast<unsigned char>(text[size]) & 0xC0U) == kContinuation) {
    --size;
  }
  return text.substr(0, size);
}

class KeysStep : public CheckStep {
 public:
  KeysStep(CheckRound& round, KeySelector selector, bool by_name)
      : round_(round),
        selector_(std::move(selector)),
        by_name_(by_name),
        found_(round, selector_, by_name, round.keys_done),
        database_(database_label(selector_.database)) {}

  void run(Done done) override {
    done_ = std::move(done);
    found_.find([this](auto names) {
      if (!names) return done_(std::move(names.error()));
      ask_types(*std::move(names));
    });
  }

 private:
  struct Key {
    std::string name;
    const LengthCommand* length_command = nullptr;
    std::optional<std::int64_t> length = std::nullopt;
  };

  void ask_types(std::vector<std::string> names);
  void take_types(std::vector<std::string> names, const Conversation::Replies& replies);
  void ask_sizes();
  void take_sizes(const Conversation::Replies& replies);
  void take_size(Key& key, const std::optional<redis::Reply>& length,
                 const std::optional<redis::Reply>& memory);
  void ask_values();
  void take_values(const Conversation::Replies& replies);
  void take_value(const Key& key, const redis::Reply& value);
  void missing(const std::string& name);
  void ask(std::vector<Question> questions, void (KeysStep::*take)(const Conversation::Replies&));
  Question question(Command command, const std::string& name) const {
    return {.command = command, .arguments = {name}, .found_by_scan = !by_name_};
  }
  void add(redis::Metric metric, const Key& key, double value) {
    round_.add(metric, value, {{"db", database_}, {"key", label_text(key.name)}});
  }

  CheckRound& round_;
  const KeySelector selector_;
  const bool by_name_;
  FoundKeys found_;
  const std::string database_;
  Done done_;
  std::vector<Key> keys_;
  std::vector<std::size_t> with_values_;  // keys whose values are asked for
};

void KeysStep::ask_types(std::vector<std::string> names) {
  if (!round_.server.may_have_keys(selector_.database)) {
    for (const std::string& name : names) missing(name);
    return done_(std::nullopt);
  }
  std::vector<Question> questions;
  for (const std::string& name : names) questions.push_back(question(Command::kType, name));
  round_.conversation.ask(selector_.database, std::move(questions),
                          [this, names = std::move(names)](auto replies) {
                            if (!replies) return done_(std::move(replies.error()));
                            take_types(names, *replies);
                            ask_sizes();
                          });
}

void KeysStep::take_types(std::vector<std::string> names, const Conversation::Replies& replies) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view type = replies[i] ? replies[i]->string() : std::string_view();
    if (type == "none") {
      missing(names[i]);
      continue;
    }
    const auto* found = std::ranges::find(kLengthCommands, type, &LengthCommand::type);
    keys_.push_back({.name = std::move(names[i]),
                     .length_command = found == std::end(kLengthCommands) ? nullptr : found});
  }
}

// A key that does not exist is an empty list, set, …: whoever watches a queue wants to see 0 when
// it is drained. Of keys that a scan found there is nothing to say any more.
void KeysStep::missing(const std::string& name) {
  if (by_name_) add(redis::Metric::kKeySize, {.name = name}, 0);
}

// Two questions for each key, or one if its type has no length.
void KeysStep::ask_sizes() {
  std::vector<Question> questions;
  for (const Key& key : keys_) {
    if (key.length_command != nullptr) {
      questions.push_back(question(key.length_command->command, key.name));
    }
    questions.push_back(question(Command::kMemoryUsage, key.name));
  }
  ask(std::move(questions), &KeysStep::take_sizes);
}

void KeysStep::ask(std::vector<Question> questions,
                   void (KeysStep::*take)(const Conversation::Replies&)) {
  round_.conversation.ask(selector_.database, std::move(questions), [this, take](auto replies) {
    if (!replies) return done_(std::move(replies.error()));
    (this->*take)(*replies);
  });
}

void KeysStep::take_sizes(const Conversation::Replies& replies) {
  static const std::optional<redis::Reply> none;
  std::size_t at = 0;
  for (Key& key : keys_) {
    const auto& length = key.length_command != nullptr ? replies[at++] : none;
    take_size(key, length, replies[at++]);
  }
  ask_values();
}

// A length of 0 is also what a key that has gone since has; MEMORY USAGE tells them apart.
void KeysStep::take_size(Key& key, const std::optional<redis::Reply>& length,
                         const std::optional<redis::Reply>& memory) {
  const bool no_memory = memory && memory->kind == redis::Reply::Kind::kNil;
  key.length = length ? length->as_integer() : std::nullopt;
  if (key.length == 0 && (no_memory || !key.length_command->may_be_empty)) {
    round_.conversation.missed();
    key.length.reset();
    missing(key.name);
    return;
  }
  if (key.length) add(redis::Metric::kKeySize, key, static_cast<double>(*key.length));
  const auto bytes = memory ? memory->as_integer() : std::nullopt;
  if (bytes) add(redis::Metric::kKeyMemoryUsage, key, static_cast<double>(*bytes));
}

void KeysStep::ask_values() {
  if (!round_.options.values) return done_(std::nullopt);
  std::vector<Question> questions;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const Key& key = keys_[i];
    if (!key.length || key.length_command->command != Command::kStrlen) continue;
    if (*key.length > kLongestValueRead) {
      round_.fell_short(Shortfall::kValuesTooLong);
      continue;
    }
    questions.push_back(question(Command::kGet, key.name));
    questions.back().reply_bytes = static_cast<std::size_t>(*key.length);
    with_values_.push_back(i);
  }
  ask(std::move(questions), &KeysStep::take_values);
}

void KeysStep::take_values(const Conversation::Replies& replies) {
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i] && replies[i]->kind == redis::Reply::Kind::kString) {
      take_value(keys_[with_values_[i]], *replies[i]);
    }
  }
  done_(std::nullopt);
}

void KeysStep::take_value(const Key& key, const redis::Reply& value) {
  if (value.text.starts_with(kHyperLogLog)) return;
  if (const auto number = number_of(value.text)) {
    add(redis::Metric::kKeyValue, key, *number);
    return;
  }
  if (value.text.size() > kLongestValueLabel) round_.fell_short(Shortfall::kValuesCut);
  round_.add(
      redis::Metric::kKeyValueAsString, 1,
      {{"db", database_}, {"key", label_text(key.name)}, {"val", label_text(cut(value.text))}});
}

}  // namespace

std::unique_ptr<CheckStep> make_keys_step(CheckRound& round, KeySelector selector, bool by_name) {
  return std::make_unique<KeysStep>(round, std::move(selector), by_name);
}

}  // namespace hitwatch::keyspace
