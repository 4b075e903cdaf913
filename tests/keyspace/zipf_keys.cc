#include "tests/keyspace/zipf_keys.h"

#include <hiredis/hiredis.h>

#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

namespace hitwatch::keyspace {
namespace {

constexpr std::size_t kPipeline = 1000;
const std::vector<std::string> kTypes = {"catalog", "session", "booking", "queue", "config"};

struct Free {
  void operator()(redisContext* context) const { redisFree(context); }
};

// Sends commands in pipelines, and throws what a reply says is wrong.
class Writer {
 public:
  explicit Writer(int port) : context_(redisConnect("127.0.0.1", port)) {
    if (context_ == nullptr || context_->err != 0) throw std::runtime_error("cannot connect");
  }
  ~Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void send(const std::vector<std::string>& arguments) {
    std::vector<const char*> texts;
    std::vector<std::size_t> lengths;
    for (const std::string& argument : arguments) {
      texts.push_back(argument.data());
      lengths.push_back(argument.size());
    }
    redisAppendCommandArgv(context_.get(), static_cast<int>(texts.size()), texts.data(),
                           lengths.data());
    if (++waiting_ == kPipeline) flush();
  }

  void flush() {
    for (; waiting_ > 0; --waiting_) {
      void* reply = nullptr;
      if (redisGetReply(context_.get(), &reply) != REDIS_OK) throw std::runtime_error("lost");
      const bool failed = static_cast<redisReply*>(reply)->type == REDIS_REPLY_ERROR;
      freeReplyObject(reply);
      if (failed) throw std::runtime_error("the server refuses a command");
    }
  }

 private:
  std::unique_ptr<redisContext, Free> context_;
  std::size_t waiting_ = 0;
};

// The commands that make a key of a type about `bytes` big.
void write_key(Writer& writer, std::size_t type, const std::string& key, std::size_t bytes) {
  std::vector<std::string> command;
  switch (type) {
    case 1:
      command = {"HSET", key};
      for (std::size_t i = 0; i <= bytes / 24; ++i) {
        command.push_back("field" + std::to_string(i));
        command.emplace_back(16, 'v');
      }
      break;
    case 2:
      command = {"ZADD", key};
      for (std::size_t i = 0; i <= bytes / 16; ++i) {
        command.push_back(std::to_string(i));
        command.push_back("member" + std::to_string(i));
      }
      break;
    case 3:
      command = {"RPUSH", key};
      for (std::size_t i = 0; i <= bytes / 16; ++i) command.emplace_back(16, 'e');
      break;
    default:
      command = {"SET", key, std::string(bytes, 'x')};
  }
  writer.send(command);
}

}  // namespace

ZipfTruths fill_with_zipf_keys(int port, std::size_t keys, std::size_t tenants, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<double> weights;
  for (std::size_t i = 0; i < tenants; ++i) weights.push_back(1.0 / static_cast<double>(i + 1));
  std::discrete_distribution<std::size_t> any_tenant(weights.begin(), weights.end());
  std::discrete_distribution<std::size_t> any_type({50, 20, 10, 10, 10});
  std::lognormal_distribution<double> any_size(4.6, 1.0);
  ZipfTruths truths;
  Writer writer(port);
  for (std::size_t i = 0; i < keys; ++i) {
    const std::size_t type = any_type(random);
    const std::string tenant = "t" + std::to_string(any_tenant(random));
    const std::string key = kTypes[type] + ":" + tenant + ":" + std::to_string(i);
    write_key(writer, type, key, static_cast<std::size_t>(any_size(random)));
    ZipfTruth& truth = truths[{kTypes[type], tenant}];
    ++truth.keys;
    if (type != 4 && random() % 10 < 7) {
      writer.send({"EXPIRE", key, std::to_string(10'000 + random() % 90'000)});
    } else {
      ++truth.without_ttl;
    }
  }
  writer.flush();
  return truths;
}

void add_coverage(const Report& sampled, const Report& full, const ZipfTruths& truths,
                  std::map<std::string, Coverage>& coverage) {
  std::map<std::pair<std::string, std::string>, double> bytes;
  double all_bytes = 0;
  for (const Group& group : full.groups) {
    bytes[{group.type, group.tenant}] = group.memory_usage_bytes->value;
    all_bytes += group.memory_usage_bytes->value;
  }
  // Scaled sizes sum to what the server says, whatever the sample.
  const double scale = sampled.calibration == 1
                           ? 1
                           : sampled.calibration * sampled.memory_usage_bytes->value / all_bytes;
  for (const Group& group : sampled.groups) {
    const std::pair<std::string, std::string> name{group.type, group.tenant};
    const auto add = [&](const std::string& figure, const std::optional<Estimate>& estimate,
                         double truth) {
      if (!estimate) return;
      coverage["all"].add(*estimate, truth);
      coverage[figure].add(*estimate, truth);
    };
    add("keys", group.keys, truths.at(name).keys);
    add("memory_usage", group.memory_usage_bytes, bytes.at(name));
    add("size", group.size_bytes, bytes.at(name) * scale);
    add("without_ttl", group.keys_without_ttl, truths.at(name).without_ttl);
  }
}

}  // namespace hitwatch::keyspace
