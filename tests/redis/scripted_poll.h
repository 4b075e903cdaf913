// A poll of a server that is a function from commands to replies: what goes out, in which order,
// and which samples come of the answers.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/collect.h"

namespace hitwatch::redis {

inline Reply text_reply(std::string_view text) {
  return {.kind = Reply::Kind::kString, .integer = 0, .text = std::string(text), .elements = {}};
}
inline Reply integer_reply(std::int64_t value) {
  return {.kind = Reply::Kind::kInteger, .integer = value, .text = {}, .elements = {}};
}
inline Reply error_reply(std::string_view text) {
  return {.kind = Reply::Kind::kError, .integer = 0, .text = std::string(text), .elements = {}};
}
inline Reply array_reply(std::vector<Reply> elements) {
  return {.kind = Reply::Kind::kArray, .integer = 0, .text = {}, .elements = std::move(elements)};
}
inline Reply array_of(const std::vector<std::string>& texts) {
  std::vector<Reply> elements;
  for (const std::string& text : texts) elements.push_back(text_reply(text));
  return array_reply(std::move(elements));
}

inline std::string data_file(const std::string& name) {
  std::ifstream file(std::string(HITWATCH_TEST_DATA) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

class ScriptedPoll {
 public:
  // Commands are joined by spaces: "SLOWLOG GET 1". What is not answered gets an error, which, as
  // in the daemon, no reader sees unless it reads errors.
  std::map<std::string, Reply> answers;
  std::map<std::string, Reply> answers_to_any;  // whatever the last word is: "SLOWLOG GET"
  CollectOptions options;
  ServerFacts server;
  Remembered remembered;
  ProbeLedger* probes = nullptr;
  EventLedger* events = nullptr;  // with which polls are recorded
  Recording::Looks looks;
  std::chrono::system_clock::time_point now{std::chrono::seconds(1'800'000'000)};

  std::vector<std::string> sent;               // by the last run()
  std::map<std::string, double> samples;       // `name{labels}` → value
  std::map<std::string, metrics::Type> types;  // family name → its type
  std::shared_ptr<metrics::Snapshot> snapshot;
  std::shared_ptr<const PollRecord> record;
  std::vector<SlowCommand> slow;  // that the last run() was the first to see

  void run() {
    builder_.begin();
    sent.clear();
    Collection collection{builder_, families_, options, server, remembered, now, {}, probes};
    std::optional<Recording> recording;
    if (events != nullptr) {
      collection.recording = &recording.emplace(*events, looks, "catalog");
      recording->info_sent(Recording::Clock::now());
    }
    ask(info_request(options), collection);
    for (const Request& request : plan(server, options)) ask(request, collection);
    while (!collection.follow_up.empty()) {
      const auto requests = std::exchange(collection.follow_up, {});
      for (const Request& request : requests) ask(request, collection);
    }
    finish_collection(collection);
    snapshot = builder_.finish();
    slow = std::move(collection.slow);
    record = recording ? recording->finish() : nullptr;
    list_samples();
  }

  void info(std::string_view text) { answers["INFO all"] = text_reply(text); }

  bool has(const std::string& sample) const { return samples.contains(sample); }
  // The value of a sample that must be there.
  double value(const std::string& sample) const {
    const auto found = samples.find(sample);
    if (found != samples.end()) return found->second;
    ADD_FAILURE() << "no sample " << sample;
    return -12345;
  }
  bool was_sent(const std::string& command) const {
    return std::find(sent.begin(), sent.end(), command) != sent.end();
  }
  // Whether some command that starts so was sent.
  bool was_sent_like(const std::string& start) const {
    return std::any_of(sent.begin(), sent.end(),
                       [&](const std::string& command) { return command.starts_with(start); });
  }

  metrics::FamilyRegistry& registry() { return registry_; }
  const Families& families() const { return families_; }

 private:
  void ask(const Request& request, Collection& collection) {
    std::string command;
    for (const std::string& arg : request.args) command += (command.empty() ? "" : " ") + arg;
    sent.push_back(command);
    const Reply* answer = answer_to(command);
    if (answer == nullptr) return;
    if (answer->is_error() && !request.reads_errors) return;
    request.read(*answer, collection);
  }
  const Reply* answer_to(const std::string& command) const {
    if (const auto found = answers.find(command); found != answers.end()) return &found->second;
    const auto found = answers_to_any.find(command.substr(0, command.rfind(' ')));
    return found == answers_to_any.end() ? nullptr : &found->second;
  }

  void list_samples() {
    samples.clear();
    types.clear();
    for (const metrics::Sample& sample : snapshot->samples) {
      const metrics::Series& series = *sample.series;
      std::string name = series.family->name + std::string(metrics::suffix_text(series.suffix));
      if (!series.text.empty()) name += "{" + series.text + "}";
      expect_described(series);
      samples[name] = sample.value;
      types[series.family->name] = series.family->type;
    }
  }

  // The reference of metrics says which labels a family may have.
  static void expect_described(const metrics::Series& series) {
    static const std::map<std::string, std::string> described = [] {
      std::map<std::string, std::string> labels;
      for (const FamilySection& section : family_sections()) {
        for (const metrics::Description& family : section.families) {
          labels[family_name("redis", family.name)] = fmt::format(", {},", family.labels);
        }
      }
      return labels;
    }();
    const auto found = described.find(series.family->name);
    for (const metrics::Label& label : series.labels) {
      if (label.name == "le" || label.name == "quantile") continue;
      EXPECT_TRUE(found != described.end() &&
                  found->second.find(fmt::format(" {},", label.name)) != std::string::npos)
          << series.family->name << " has a label that is not described: " << label.name;
    }
  }

  metrics::FamilyRegistry registry_;
  Families families_{registry_, "redis"};
  metrics::SnapshotBuilder builder_;
};

}  // namespace hitwatch::redis
