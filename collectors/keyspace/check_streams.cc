// `keys.check.streams` and `single_streams`: XINFO of streams, their groups and consumers.
// https://redis.io/docs/latest/commands/xinfo-stream/
//
// Streams are read a few at a time: a reply holds the whole first and last entry of the stream.
#include <algorithm>
#include <charconv>
#include <utility>

#include "collectors/keyspace/check_step.h"
#include "collectors/keyspace/found_keys.h"

namespace hitwatch::keyspace {
namespace {

using redis::Metric;
using redis::Reply;

constexpr std::size_t kStreamsAtOnce = 16;
constexpr std::size_t kReplyBytes = 64U << 10;  // a guess, so that few of them come in one batch
constexpr double kMillisecondsInSecond = 1000;

struct Field {
  std::string_view name;
  Metric metric;
  bool is_id = false;  // of an entry: <milliseconds>-<number>, of which the first is the figure
  double divisor = 1;
};
constexpr Field kStreamFields[] = {
    {"length", Metric::kStreamLength},
    {"radix-tree-keys", Metric::kStreamRadixTreeKeys},
    {"radix-tree-nodes", Metric::kStreamRadixTreeNodes},
    {"last-generated-id", Metric::kStreamLastGeneratedId, true},
    {"max-deleted-entry-id", Metric::kStreamMaxDeletedEntryId, true},
    {"entries-added", Metric::kStreamEntriesAdded},
    {"groups", Metric::kStreamGroups},
    {"first-entry", Metric::kStreamFirstEntryId, true},
    {"last-entry", Metric::kStreamLastEntryId, true},
};
constexpr Field kGroupFields[] = {
    {"consumers", Metric::kStreamGroupConsumers},
    {"pending", Metric::kStreamGroupMessagesPending},
    {"last-delivered-id", Metric::kStreamGroupLastDeliveredId, true},
    {"entries-read", Metric::kStreamGroupEntriesRead},
    {"lag", Metric::kStreamGroupLag},
};
constexpr Field kConsumerFields[] = {
    {"pending", Metric::kStreamGroupConsumerPending},
    {"idle", Metric::kStreamGroupConsumerIdle, false, kMillisecondsInSecond},
};

// The value of `name` in a flat array of names and values; nothing if it has none.
const Reply* value_of(const Reply& pairs, std::string_view name) {
  for (std::size_t i = 0; i + 1 < pairs.elements.size(); i += 2) {
    if (pairs.elements[i].string() == name) return &pairs.elements[i + 1];
  }
  return nullptr;
}

std::optional<double> milliseconds_of(std::string_view id) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
  if (error != std::errc()) return std::nullopt;
  return static_cast<double>(value);
}

// Nothing for nil: the server does not know the lag of a group after entries were deleted, and an
// empty stream has no first entry.
std::optional<double> figure_of(const Field& field, const Reply& reply) {
  if (field.is_id) {
    const bool entry = reply.is_array() && !reply.elements.empty();
    return milliseconds_of(entry ? reply.elements.front().string() : reply.string());
  }
  const auto integer = reply.as_integer();
  if (!integer) return std::nullopt;
  return static_cast<double>(*integer) / field.divisor;
}

std::size_t count_in(const Reply& pairs, std::string_view name) {
  const Reply* value = value_of(pairs, name);
  const auto count = value != nullptr ? value->as_integer() : std::nullopt;
  return count && *count > 0 ? static_cast<std::size_t>(*count) : 0;
}

class StreamsStep : public CheckStep {
 public:
  StreamsStep(CheckRound& round, KeySelector selector, bool by_name)
      : round_(round),
        selector_(std::move(selector)),
        by_name_(by_name),
        found_(round, selector_, by_name, round.streams_done),
        database_(database_label(selector_.database)) {}

  void run(Done done) override;

 private:
  struct Group {
    std::string stream;
    std::string name;
  };
  using Take = void (StreamsStep::*)(const Conversation::Replies&);

  void ask_types(std::vector<std::string> names);
  void ask_streams();
  void take_streams(const Conversation::Replies& replies);
  void take_groups(const Conversation::Replies& replies);
  void take_group(const std::string& stream, const Reply& group);
  void take_consumers(const Conversation::Replies& replies);
  void ask(std::vector<Question> questions, Take take);
  Question question(Command command, std::vector<std::string> arguments) const {
    return {.command = command, .arguments = std::move(arguments), .found_by_scan = !by_name_};
  }
  template <std::size_t Count>
  void add(const Field (&fields)[Count], const Reply& pairs,
           std::initializer_list<metrics::LabelView> labels);

  CheckRound& round_;
  const KeySelector selector_;
  const bool by_name_;
  FoundKeys found_;
  const std::string database_;
  Done done_;
  std::vector<std::string> streams_;
  std::size_t next_ = 0;                  // of streams_
  std::vector<std::string> now_;          // streams that are being read
  std::vector<std::string> with_groups_;  // of these
  std::vector<Group> with_consumers_;
};

void StreamsStep::run(Done done) {
  done_ = std::move(done);
  if (!round_.server.may_have_keys(selector_.database)) return done_(std::nullopt);
  if (!round_.conversation.touching_allowed()) {
    round_.fell_short(Shortfall::kStreamsUntouchable);
    return done_(std::nullopt);
  }
  found_.find([this](auto names) {
    if (!names) return done_(std::move(names.error()));
    ask_types(*std::move(names));
  });
}

// XINFO of a key that is no stream is an error in the server's figures.
void StreamsStep::ask_types(std::vector<std::string> names) {
  std::vector<Question> questions;
  for (const std::string& name : names) questions.push_back(question(Command::kType, {name}));
  round_.conversation.ask(selector_.database, std::move(questions),
                          [this, names = std::move(names)](auto replies) {
                            if (!replies) return done_(std::move(replies.error()));
                            for (std::size_t i = 0; i < names.size(); ++i) {
                              const auto& reply = (*replies)[i];
                              if (reply && reply->string() == "stream")
                                streams_.push_back(names[i]);
                            }
                            ask_streams();
                          });
}

void StreamsStep::ask(std::vector<Question> questions, Take take) {
  round_.conversation.ask(selector_.database, std::move(questions), [this, take](auto replies) {
    if (!replies) return done_(std::move(replies.error()));
    (this->*take)(*replies);
  });
}

void StreamsStep::ask_streams() {
  if (next_ == streams_.size()) return done_(std::nullopt);
  now_.clear();
  std::vector<Question> questions;
  for (; next_ < streams_.size() && now_.size() < kStreamsAtOnce; ++next_) {
    questions.push_back(question(Command::kXinfoStream, {streams_[next_]}));
    questions.back().reply_bytes = kReplyBytes;
    now_.push_back(streams_[next_]);
  }
  ask(std::move(questions), &StreamsStep::take_streams);
}

void StreamsStep::take_streams(const Conversation::Replies& replies) {
  with_groups_.clear();
  std::vector<Question> questions;
  for (std::size_t i = 0; i < now_.size(); ++i) {
    if (!replies[i]) continue;
    add(kStreamFields, *replies[i], {{"db", database_}, {"stream", label_text(now_[i])}});
    const std::size_t groups = count_in(*replies[i], "groups");
    if (groups == 0) continue;
    if (groups > kMostStreamGroups - std::min(round_.stream_groups, kMostStreamGroups)) {
      round_.fell_short(Shortfall::kStreamGroupsCut);
      continue;
    }
    round_.stream_groups += groups;
    with_groups_.push_back(now_[i]);
    questions.push_back(question(Command::kXinfoGroups, {now_[i]}));
    questions.back().reply_bytes = kReplyBytes;
  }
  ask(std::move(questions), &StreamsStep::take_groups);
}

void StreamsStep::take_groups(const Conversation::Replies& replies) {
  with_consumers_.clear();
  for (std::size_t i = 0; i < with_groups_.size(); ++i) {
    if (!replies[i]) continue;
    for (const Reply& group : replies[i]->elements) take_group(with_groups_[i], group);
  }
  std::vector<Question> questions;
  for (const Group& group : with_consumers_) {
    questions.push_back(question(Command::kXinfoConsumers, {group.stream, group.name}));
    questions.back().reply_bytes = kReplyBytes;
  }
  ask(std::move(questions), &StreamsStep::take_consumers);
}

void StreamsStep::take_group(const std::string& stream, const Reply& group) {
  const Reply* name = value_of(group, "name");
  if (name == nullptr) return;
  add(kGroupFields, group,
      {{"db", database_}, {"stream", label_text(stream)}, {"group", label_text(name->string())}});
  const std::size_t consumers = count_in(group, "consumers");
  if (consumers == 0 || !round_.options.stream_consumers) return;
  const bool cut = name->string().size() >= kLongestString;
  const std::size_t room =
      kMostStreamConsumers - std::min(round_.stream_consumers, kMostStreamConsumers);
  if (cut || consumers > room) {
    round_.fell_short(Shortfall::kStreamConsumersCut);
    return;
  }
  round_.stream_consumers += consumers;
  with_consumers_.push_back({stream, std::string(name->string())});
}

void StreamsStep::take_consumers(const Conversation::Replies& replies) {
  for (std::size_t i = 0; i < with_consumers_.size(); ++i) {
    if (!replies[i]) continue;
    const Group& group = with_consumers_[i];
    for (const Reply& consumer : replies[i]->elements) {
      const Reply* name = value_of(consumer, "name");
      if (name == nullptr) continue;
      add(kConsumerFields, consumer,
          {{"db", database_},
           {"stream", label_text(group.stream)},
           {"group", label_text(group.name)},
           {"consumer", label_text(name->string())}});
    }
  }
  ask_streams();
}

template <std::size_t Count>
void StreamsStep::add(const Field (&fields)[Count], const Reply& pairs,
                      std::initializer_list<metrics::LabelView> labels) {
  for (const Field& field : fields) {
    const Reply* value = value_of(pairs, field.name);
    const auto figure = value != nullptr ? figure_of(field, *value) : std::nullopt;
    if (figure) round_.add(field.metric, *figure, labels);
  }
}

}  // namespace

std::unique_ptr<CheckStep> make_streams_step(CheckRound& round, KeySelector selector,
                                             bool by_name) {
  return std::make_unique<StreamsStep>(round, std::move(selector), by_name);
}

}  // namespace hitwatch::keyspace
