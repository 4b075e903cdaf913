#include "tests/resp/random_session.h"

#include <algorithm>
#include <functional>

#include "tests/resp/told.h"

namespace hitwatch::resp::test {
namespace {

using packets::Side;
using packets::Time;

constexpr std::uint32_t kClientStart = 0xffff'f000;  // wraps soon
constexpr std::uint32_t kServerStart = 77;

struct Turn {
  std::string request;
  std::string reply;  // and pushes before it
  bool waits = false;
};

// Makes requests, with a reply that a server might give to each. Every key is used once, so that
// what is told of it can be compared with what was said.
class Speaker {
 public:
  explicit Speaker(std::mt19937_64& random) : random_(random) {}

  // What belongs together: a command, or a transaction.
  std::vector<Turn> next() {
    turns_.clear();
    switch (below(24)) {
      case 0:
        transaction();
        break;
      case 1:
        silent();
        break;
      case 2:
        if (!is_resp3_) {
          say({"HELLO", "3"}, "%1\r\n$5\r\nproto\r\n:3\r\n");
          is_resp3_ = true;
        }
        break;
      case 3:
        subscription();
        break;
      case 4:
        turns_.push_back({below(2) == 0 ? "PING\r\n" : "\r\nPING\r\n", "+PONG\r\n"});
        break;
      case 5:
        turns_.push_back({below(2) == 0 ? "*0\r\n" : "*-1\r\n", ""});
        break;
      case 6:
        turns_.push_back({words("BLPOP " + key() + " 1"), nil_array(), true});
        break;
      default:
        command();
    }
    if (is_resp3_ && below(10) == 0 && !turns_.empty()) {
      turns_[0].reply = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nx\r\n" + turns_[0].reply;
    }
    return turns_;
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::string key() { return "k" + std::to_string(++serial_); }
  std::string nil() { return is_resp3_ ? "_\r\n" : "$-1\r\n"; }
  std::string nil_array() { return is_resp3_ ? "_\r\n" : "*-1\r\n"; }
  static std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }
  std::string text() {
    switch (below(8)) {
      case 0:
        return "";
      case 1:
        return "\r\n$-1\r\n+OK\r\n:1\r\n";
      case 2:
        return words("GET fake") + words("GET faker");
      case 3:
        return std::string(below(5000), 'v');
      default:
        return std::string(below(40), 'x');
    }
  }
  std::string value() { return below(2) == 0 ? nil() : bulk(text()); }
  std::string values(std::uint64_t count) {
    std::string all = "*" + std::to_string(count) + "\r\n";
    for (std::uint64_t i = 0; i < count; ++i) {
      if (is_resp3_ && below(8) == 0) all += ">2\r\n$1\r\na\r\n$-1\r\n";
      all += value();
    }
    return all;
  }
  static std::string number(std::uint64_t value) { return ":" + std::to_string(value) + "\r\n"; }

  void say(const std::vector<std::string>& arguments, const std::string& reply) {
    turns_.push_back({request(arguments), reply});
  }

  void command() {
    const std::vector<std::string> asked = ask();
    std::string reply = reply_;
    if (below(12) == 0) reply = error();
    if (is_resp3_ && below(12) == 0) reply = "|1\r\n+a\r\n*1\r\n:1\r\n" + reply;
    say(asked, reply);
  }
  std::string error() {
    constexpr auto kErrors = std::to_array<const char*>(
        {"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
         "-MOVED 3999 127.0.0.1:6381\r\n", "-OOM command not allowed\r\n"});
    return kErrors[below(kErrors.size())];
  }

  // A command; its reply in reply_.
  std::vector<std::string> ask() {
    const std::uint64_t count = 1 + below(4);
    switch (below(17)) {
      case 0:
        reply_ = "+OK\r\n";
        return {"SET", key(), text()};
      case 1:
        reply_ = value();
        return {"SET", key(), text(), "gEt"};
      case 2: {
        std::vector<std::string> arguments{"MGET"};
        for (std::uint64_t i = 0; i < count; ++i) arguments.push_back(key());
        reply_ = values(count);
        return arguments;
      }
      case 3:
        reply_ = value();
        return {"HGET", key(), "f"};
      case 4: {
        std::vector<std::string> arguments{"HMGET", key()};
        for (std::uint64_t i = 0; i < count; ++i) arguments.push_back(text());
        reply_ = values(count);
        return arguments;
      }
      case 5:
        reply_ = below(2) == 0 ? (is_resp3_ ? "%0\r\n" : "*0\r\n")
                               : (is_resp3_ ? "%1\r\n" : "*2\r\n") + bulk("f") + bulk(text());
        return {"HGETALL", key()};
      case 6:
        reply_ = number(below(100));
        return {"INCR", key()};
      case 7: {
        std::vector<std::string> arguments{"EXISTS"};
        for (std::uint64_t i = 0; i < count; ++i) arguments.push_back(key());
        reply_ = number(below(count + 1));
        return arguments;
      }
      case 8:
        reply_ = below(2) == 0 ? ":-2\r\n" : ":100\r\n";
        return {"TTL", key()};
      case 9:
        reply_ = number(below(2));
        return {below(2) == 0 ? "LLEN" : "STRLEN", key()};
      case 10:
        reply_ = below(2) == 0 ? "+none\r\n" : "+string\r\n";
        return {"TYPE", key()};
      case 11:
        reply_ = "*2\r\n*1\r\n:1\r\n" + value();
        return {"EVAL", "return 1", "1", key()};
      case 12:
        reply_ =
            (is_resp3_ ? "~" : "*") + std::string(below(2) == 0 ? "0\r\n" : "1\r\n$1\r\na\r\n");
        return {"SMEMBERS", key()};
      case 13:
        reply_ = below(2) == 0 ? "*0\r\n" : "*2\r\n$1\r\na\r\n" + bulk(text());
        return {"LRANGE", key(), "0", "-1"};
      case 14:
        reply_ = number(below(2));
        return {"DEL", key()};
      default:
        reply_ = value();
        return {"get", key()};
    }
  }

  void transaction() {
    say({"MULTI"}, "+OK\r\n");
    std::string results;
    std::uint64_t count = 0;
    bool is_refused = false;
    for (std::uint64_t i = below(5); i > 0; --i) {
      const std::vector<std::string> asked = ask();
      if (below(12) == 0) {
        say({"NOSUCH", key()}, "-ERR unknown command 'NOSUCH'\r\n");
        is_refused = true;
        continue;
      }
      say(asked, "+QUEUED\r\n");
      if (below(12) == 0) reply_ = error();
      results += reply_;
      ++count;
    }
    if (below(6) == 0) {
      say({"DISCARD"}, "+OK\r\n");
    } else if (is_refused) {
      say({"EXEC"}, "-EXECABORT Transaction discarded because of previous errors.\r\n");
    } else if (below(6) == 0) {
      say({"EXEC"}, nil_array());
    } else {
      say({"EXEC"}, "*" + std::to_string(count) + "\r\n" + results);
    }
  }

  // Commands without replies.
  void silent() {
    if (below(2) == 0) {
      say({"CLIENT", "REPLY", "SKIP"}, "");
      say(ask(), "");
      return;
    }
    say({"CLIENT", "REPLY", "OFF"}, "");
    for (std::uint64_t i = below(4); i > 0; --i) say(ask(), "");
    say({"CLIENT", "REPLY", "on"}, "+OK\r\n");
  }

  void subscription() {
    const std::string mark = is_resp3_ ? ">3\r\n" : "*3\r\n";
    const std::string message = mark + bulk("message") + bulk("a") + bulk(text());
    say({"SUBSCRIBE", "a", "b"}, mark + bulk("subscribe") + bulk("a") + number(1) + mark +
                                     bulk("subscribe") + bulk("b") + number(2) + message);
    if (is_resp3_) {
      command();
    } else {
      say({"PING"}, message + "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    }
    const std::string gone = mark + bulk("unsubscribe");
    say({"UNSUBSCRIBE"}, message + gone + bulk("b") + number(1) + gone + bulk("a") + number(0));
  }

  std::mt19937_64& random_;
  std::vector<Turn> turns_;
  std::string reply_;
  int serial_ = 0;
  bool is_resp3_ = false;
};

// Puts turns on a time line.
class TimeLine {
 public:
  // Each command takes the server up to `slowness` nanoseconds, and sometimes more.
  TimeLine(std::mt19937_64& random, Session& session, std::uint64_t slowness)
      : random_(random), session_(session), slowness_(slowness) {}

  void handshake() {
    add({.side = Side::kClient,
         .bytes = {},
         .sequence = kClientStart - 1,
         .is_syn = true,
         .time = 1});
    add({.side = Side::kServer,
         .bytes = {},
         .sequence = kServerStart - 1,
         .acknowledgement = kClientStart,
         .is_syn = true,
         .time = 2});
  }

  // Requests are sent at `time`, in one write.
  void send(const std::vector<Turn>& turns, Time time) {
    std::string bytes;
    for (const Turn& turn : turns) bytes += turn.request;
    segments(Side::kClient, bytes, time);
    session_.client += bytes;
    std::string replies;
    server_free_ = std::max(server_free_, time + 5'000);
    for (const Turn& turn : turns) {
      server_free_ += 1'000 + static_cast<Time>(random_() % slowness_);
      if (random_() % 50 == 0) server_free_ += 2'000'000;  // something slow
      if (turn.waits) server_free_ += 3'000'000;
      replies += turn.reply;
      // The server writes when it has nothing more to read, or earlier.
      if (random_() % 4 == 0) flush(replies);
    }
    flush(replies);
  }

  Time server_free() const { return server_free_; }

  // Acknowledges, once all times are known.
  void finish() {
    std::ranges::stable_sort(pieces_, {}, &Piece::time);
    std::uint32_t client = kClientStart;
    std::uint32_t server = kServerStart;
    for (Piece& piece : pieces_) {
      if (piece.is_syn) {
        session_.pieces.push_back(piece);
        continue;
      }
      // The server is where it is seen; the client has what came ten microseconds ago.
      if (piece.side == Side::kServer) {
        piece.sequence = server;
        piece.acknowledgement = client;
        server += static_cast<std::uint32_t>(piece.bytes.size());
        sent_.push_back({piece.time, server});
      } else {
        piece.sequence = client;
        piece.acknowledgement = received(piece.time);
        client += static_cast<std::uint32_t>(piece.bytes.size());
      }
      session_.pieces.push_back(piece);
      if (piece.side == Side::kServer && random_() % 3 == 0) {
        session_.pieces.push_back({.side = Side::kClient,
                                   .bytes = {},
                                   .sequence = client,
                                   .acknowledgement = server,
                                   .time = piece.time + 1});
      }
    }
  }

 private:
  struct Sent {
    Time time;
    std::uint32_t end;
  };

  void add(Piece piece) { pieces_.push_back(std::move(piece)); }
  std::uint32_t received(Time time) const {
    std::uint32_t end = kServerStart;
    for (const Sent& sent : sent_) {
      if (sent.time + 10'000 <= time) end = sent.end;
    }
    return end;
  }
  void flush(std::string& replies) {
    if (replies.empty()) return;
    segments(Side::kServer, replies, server_free_);
    session_.server += replies;
    replies.clear();
  }
  void segments(Side side, std::string_view bytes, Time time) {
    while (!bytes.empty()) {
      std::size_t size = bytes.size();
      if (random_() % 4 == 0) size = 1 + random_() % size;
      size = std::min<std::size_t>(size, 1448);
      add({.side = side, .bytes = std::string(bytes.substr(0, size)), .time = time});
      bytes.remove_prefix(size);
    }
  }

  std::mt19937_64& random_;
  Session& session_;
  std::uint64_t slowness_;
  std::vector<Piece> pieces_;
  std::vector<Sent> sent_;
  Time server_free_ = 0;
};

}  // namespace

Session random_session(std::mt19937_64& random, Manner manner, int commands) {
  Session session;
  TimeLine line(random, session, random() % 4 == 0 ? 2'000'000 : 60'000);
  Speaker speaker(random);
  line.handshake();
  Time time = 1'000'000;
  const int patient_until = commands / 2;
  const Manner later = manner;
  while (commands > 0) {
    std::vector<Turn> turns;
    if (later == Manner::kHasty || later == Manner::kOneAhead) {
      manner = commands > patient_until ? Manner::kSerial : later;
    }
    std::uint64_t batch = manner == Manner::kBatches ? 1 + random() % 20 : 1;
    for (; batch > 0; --batch) {
      const std::vector<Turn> more = speaker.next();
      turns.insert(turns.end(), more.begin(), more.end());
    }
    commands -= static_cast<int>(turns.size());
    if (turns.empty()) continue;
    // One after another: each of them waits for its reply.
    if (manner == Manner::kSerial) {
      for (const Turn& turn : turns) {
        line.send({turn}, time);
        time = std::max(time, line.server_free()) + 20'000;
      }
    } else {
      line.send(turns, time);
    }
    if (manner == Manner::kOneAhead && random() % 50 != 0) {
      time = std::max(time, line.server_free()) - 5'000;
      continue;
    }
    const bool waits =
        (manner != Manner::kMultiplexed && manner != Manner::kHasty) || random() % 20 == 0;
    if (waits) time = std::max(time, line.server_free()) + 20'000;
    time += static_cast<Time>(random() % 100'000);
    if (random() % 4 == 0) time += static_cast<Time>(random() % (waits ? 20'000'000 : 1'000'000));
  }
  line.finish();
  return session;
}

}  // namespace hitwatch::resp::test
