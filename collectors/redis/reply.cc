// hiredis' incremental parser with our own reply objects, and bounds that it lacks.
//
// hiredis has read the type byte of the item it cannot finish yet, and `buf + pos` is what follows.
// Of a bulk string that is still arriving that is the announced length, so it can be judged before
// the bytes come. Arrays are judged when hiredis asks us to make them.
//
// Bytes wait in `State::pending` and are handed to hiredis 16 KiB at a time: it moves what is left
// of its buffer after each reply, which costs quadratic time if the buffer is long.
#include "collectors/redis/reply.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "collectors/redis/long_strings.h"

namespace hitwatch::redis {
namespace {

constexpr std::size_t kFeedBytes = 16 << 10;
constexpr std::size_t kMaxLineBytes = 64 << 10;  // of a status, an error or a header
constexpr int kMaxDepth = 8;
constexpr std::size_t kReserve = 1024;  // elements reserved on the word of a header alone

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

// The type of the item that hiredis is at, -1 if its type byte has not come.
int current_type(const redisReader& reader) {
  if (reader.ridx < 0) return -1;
#if HIREDIS_MAJOR >= 1
  return reader.task[reader.ridx]->type;
#else
  return reader.rstack[reader.ridx].type;
#endif
}

}  // namespace

std::optional<std::int64_t> Reply::as_integer() const {
  if (kind == Kind::kInteger) return integer;
  return parse_integer(string());
}

struct ReplyReader::State {
  struct FreeReader {
    void operator()(redisReader* used) const { redisReaderFree(used); }
  };

  // The reader, made if there is none.
  redisReader& to_read();

  // What hiredis calls. A null object is its sign of failure; object_error then says why.
  static redisReplyObjectFunctions functions();
  static State& of(const redisReadTask* task) { return *static_cast<State*>(task->privdata); }
  static void* make_string(const redisReadTask* task, char* text, std::size_t size);
  static void* make_integer(const redisReadTask* task, long long value);
  static void* make_nil(const redisReadTask* task) { return of(task).place(task); }
  static void free_object(void*) {}  // objects live in `root`

  // The place in the tree for the object of `task`.
  Reply* place(const redisReadTask* task);
  Reply* place_array(const redisReadTask* task, std::size_t count);

  std::optional<std::string> bound_exceeded() const;
  net::Error fail(std::string text);

  redisReplyObjectFunctions object_functions = functions();
  std::unique_ptr<redisReader, FreeReader> reader;
  Reply root;
  std::size_t elements = 0;  // of all arrays of the reply in the making
  std::string object_error;  // why place() refused

  std::string pending;
  std::size_t pending_start = 0;
  std::optional<LongStrings> long_strings;
  std::size_t reply_bytes = 0;  // given to hiredis since the last whole reply ended
  std::optional<net::Error> failure;
};

Reply* ReplyReader::State::place(const redisReadTask* task) {
  if (task->parent == nullptr) {
    root = Reply{};
    return &root;
  }
  // Only the innermost array grows, so the arrays around it stay where they are.
  return &static_cast<Reply*>(task->parent->obj)->elements.emplace_back();
}

Reply* ReplyReader::State::place_array(const redisReadTask* task, std::size_t count) {
  int depth = 1;
  for (const redisReadTask* up = task->parent; up != nullptr; up = up->parent) ++depth;
  if (depth > kMaxDepth) {
    object_error = fmt::format("arrays nested more than {} deep", kMaxDepth);
    return nullptr;
  }
  if (count > kMaxElements || elements + count > kMaxElements) {
    object_error =
        fmt::format("an array of {} elements; the limit is {} in one reply", count, kMaxElements);
    return nullptr;
  }
  elements += count;
  Reply* made = place(task);
  made->kind = Reply::Kind::kArray;
  made->elements.reserve(std::min(count, kReserve));
  return made;
}

void* ReplyReader::State::make_string(const redisReadTask* task, char* text, std::size_t size) {
  Reply* made = of(task).place(task);
  made->kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::kError
               : task->type == REDIS_REPLY_STATUS ? Reply::Kind::kStatus
                                                  : Reply::Kind::kString;
  made->text.assign(text, size);
  return made;
}

void* ReplyReader::State::make_integer(const redisReadTask* task, long long value) {
  Reply* made = of(task).place(task);
  made->kind = Reply::Kind::kInteger;
  made->integer = value;
  return made;
}

// hiredis 1 counts elements with size_t and knows two more types, both of RESP3, which is never
// asked for; 0.14 counts with int.
redisReplyObjectFunctions ReplyReader::State::functions() {
#if HIREDIS_MAJOR >= 1
  return {.createString = make_string,
          .createArray = [](const redisReadTask* task, std::size_t count) -> void* {
            return of(task).place_array(task, count);
          },
          .createInteger = make_integer,
          .createDouble = [](const redisReadTask* task, double, char*, std::size_t) -> void* {
            of(task).object_error = "a type of RESP3";
            return nullptr;
          },
          .createNil = make_nil,
          .createBool = [](const redisReadTask* task, int) -> void* {
            of(task).object_error = "a type of RESP3";
            return nullptr;
          },
          .freeObject = free_object};
#else
  return {.createString = make_string,
          .createArray = [](const redisReadTask* task, int count) -> void* {
            return of(task).place_array(task, static_cast<std::size_t>(count));
          },
          .createInteger = make_integer,
          .createNil = make_nil,
          .freeObject = free_object};
#endif
}

redisReader& ReplyReader::State::to_read() {
  if (reader == nullptr) {
    reader.reset(redisReaderCreateWithFunctions(&object_functions));
    if (reader == nullptr) throw std::bad_alloc();
    reader->privdata = this;
  }
  return *reader;
}

// What the unfinished reply promises or already holds that is too much.
std::optional<std::string> ReplyReader::State::bound_exceeded() const {
  const std::string_view rest(reader->buf + reader->pos, reader->len - reader->pos);
  if (rest.empty()) return {};
  if (reply_bytes > kMaxReplyBytes) {
    return fmt::format("a reply of more than {} bytes", kMaxReplyBytes);
  }
  const std::size_t line_end = rest.substr(0, kMaxLineBytes).find("\r\n");
  if (line_end == std::string_view::npos) {
    if (rest.size() < kMaxLineBytes) return {};
    return fmt::format("a line of more than {} bytes", kMaxLineBytes);
  }
  if (current_type(*reader) != REDIS_REPLY_STRING) return {};
  const auto size = parse_integer(rest.substr(0, line_end));
  const std::size_t before = reply_bytes - rest.size();
  if (size && *size > 0 && static_cast<std::size_t>(*size) > kMaxReplyBytes - before) {
    return fmt::format("a string of {} bytes; the limit is {} for one reply", *size,
                       kMaxReplyBytes);
  }
  return {};
}

net::Error ReplyReader::State::fail(std::string text) {
  failure = net::Error{net::Reason::kProtocol, std::move(text)};
  root = Reply{};
  pending.clear();
  pending_start = 0;
  return *failure;
}

ReplyReader::ReplyReader(std::size_t longest_string) : state_(std::make_unique<State>()) {
  if (longest_string > 0) state_->long_strings.emplace(longest_string);
}
ReplyReader::~ReplyReader() = default;
ReplyReader::ReplyReader(ReplyReader&&) noexcept = default;
ReplyReader& ReplyReader::operator=(ReplyReader&&) noexcept = default;

void ReplyReader::feed(std::string_view bytes) {
  State& state = *state_;
  if (state.failure) return;
  if (state.pending_start == state.pending.size()) {
    state.pending.clear();
    state.pending_start = 0;
  }
  if (state.long_strings) {
    state.long_strings->filter(bytes, state.pending);
  } else {
    state.pending += bytes;
  }
}

std::expected<std::optional<Reply>, net::Error> ReplyReader::next() {
  State& state = *state_;
  if (state.failure) return std::unexpected(*state.failure);
  if (state.reader == nullptr && state.pending.empty()) return std::nullopt;
  redisReader& reader = state.to_read();
  while (true) {
    void* made = nullptr;
    if (redisReaderGetReply(&reader, &made) != REDIS_OK) {
      std::string why = state.object_error.empty()
                            ? fmt::format("no Redis reply: {}", reader.errstr)
                            : "the reply has " + state.object_error;
      return std::unexpected(state.fail(std::move(why)));
    }
    if (made != nullptr) {
      state.elements = 0;
      state.reply_bytes = reader.len - reader.pos;
      return std::exchange(state.root, Reply{});
    }
    if (auto exceeded = state.bound_exceeded()) {
      return std::unexpected(state.fail("the reply has " + *exceeded));
    }
    const std::size_t size = std::min(kFeedBytes, state.pending.size() - state.pending_start);
    if (size == 0) return std::nullopt;
    redisReaderFeed(&reader, state.pending.data() + state.pending_start, size);
    state.pending_start += size;
    state.reply_bytes += size;
  }
}

void ReplyReader::rest() {
  State& state = *state_;
  if (state.failure || state.pending_start != state.pending.size()) return;
  if (state.reader != nullptr) {
    const redisReader& reader = *state.reader;
    const bool under_way = reader.ridx > 0 || current_type(reader) != -1;
    if (under_way || reader.pos != reader.len) return;
  }
  state.reader = nullptr;
  state.pending = std::string();
  state.pending_start = 0;
}

void append_command(std::string& out, std::span<const std::string> args) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "*{}\r\n", args.size());
  for (const std::string& arg : args) fmt::format_to(to, "${}\r\n{}\r\n", arg.size(), arg);
}

namespace {

bool contains_any_of(std::string_view text, std::initializer_list<std::string_view> words) {
  const auto equal = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  return std::ranges::any_of(words, [&](std::string_view word) {
    return !std::ranges::search(text, word, equal).empty();
  });
}

}  // namespace

net::Reason classify_error(std::string_view error) {
  const std::string_view word = error.substr(0, error.find(' '));
  if (word == "LOADING") return net::Reason::kLoading;
  if (word == "MASTERDOWN") return net::Reason::kMasterDown;
  if (word == "NOPERM") return net::Reason::kNoPerm;
  // DENIED is protected mode, which asks for a password to be set.
  if (word == "NOAUTH" || word == "WRONGPASS" || word == "DENIED") return net::Reason::kAuth;
  if (contains_any_of(error, {"max number of clients"})) return net::Reason::kMaxClients;
  if (contains_any_of(error,
                      {"invalid password", "without any password configured", "no password is set",
                       "operation not permitted", "authentication required"})) {
    return net::Reason::kAuth;
  }
  return net::Reason::kError;
}

bool is_refusal(std::string_view error) {
  const net::Reason reason = classify_error(error);
  if (reason == net::Reason::kNoPerm) return true;
  if (reason != net::Reason::kError) return false;
  return contains_any_of(error, {"unknown command", "unknown subcommand", "unknown sub-command",
                                 "disabled", "not allowed", "not supported", "unsupported",
                                 "not available", "not permitted", "no permission"});
}

}  // namespace hitwatch::redis
