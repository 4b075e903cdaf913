#include "tests/resp/plain_decoder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

#include "tests/resp/told.h"

namespace hitwatch::resp::test {
namespace {

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return text;
}

std::string line_of(std::string_view& stream) {
  const std::size_t end = stream.find("\r\n");
  if (end == std::string_view::npos) throw std::runtime_error("no end of line");
  std::string line(stream.substr(0, end));
  stream.remove_prefix(end + 2);
  return line;
}

std::string string_of(std::string_view& stream, std::size_t size) {
  if (stream.size() < size + 2) throw std::runtime_error("string is cut");
  std::string text(stream.substr(0, size));
  stream.remove_prefix(size + 2);
  return text;
}

Reply one_reply(std::string_view& stream) {
  std::string line = line_of(stream);
  Reply reply{.type = line.at(0), .text = line.substr(1), .elements = {}};
  if (std::string("+-:,#(").find(reply.type) != std::string::npos) return reply;
  if (reply.type == '_') return reply;
  const int count = std::stoi(reply.text);
  if (count < 0) return {.type = '_', .text = {}, .elements = {}};
  if (reply.type == '$' || reply.type == '=') {
    reply.text = string_of(stream, static_cast<std::size_t>(count));
    return reply;
  }
  const int elements = reply.type == '%' || reply.type == '|' ? 2 * count : count;
  while (static_cast<int>(reply.elements.size()) < elements) {
    Reply element = one_reply(stream);
    // Out of band, wherever it stands.
    if (element.type != '>' && element.type != '|') reply.elements.push_back(std::move(element));
  }
  return reply;
}

std::uint64_t string_bytes(const Reply& reply) {
  std::uint64_t bytes = reply.type == '$' ? reply.text.size() : 0;
  for (const Reply& element : reply.elements) bytes += string_bytes(element);
  return bytes;
}

void set_all(Told& told, Lookup lookup) {
  for (Told::Use& use : told.uses) use.lookup = lookup;
  const std::uint64_t count = told.uses.size();
  told.hits = lookup == Lookup::kHit ? count : 0;
  told.misses = lookup == Lookup::kMiss ? count : 0;
  told.undecided = lookup == Lookup::kUndecided ? count : 0;
}

void set_data(Told& told, const Reply& reply) {
  Told::Use& use = told.uses.at(0);
  if (reply.type == '*') {
    for (const Reply& element : reply.elements) ++(element.type == '_' ? use.misses : use.hits);
  } else {
    ++(reply.type == '_' ? use.misses : use.hits);
  }
}

bool is_write_of_value(const std::string& name) { return name == "SET"; }

// Name and keys, and what is written.
Told without_outcome(const std::vector<std::string>& request) {
  static const std::set<std::string> keyless{"PING",  "MULTI",  "EXEC",      "DISCARD",
                                             "HELLO", "CLIENT", "SUBSCRIBE", "UNSUBSCRIBE",
                                             "ECHO",  "NOSUCH"};
  static const std::set<std::string> many_keys{"MGET", "EXISTS", "DEL", "WATCH"};
  Told told;
  told.name = upper(request[0]);
  if (told.name == "CLIENT") told.name += " " + upper(request[1]);
  if (keyless.contains(upper(request[0]))) return told;
  if (told.name == "EVAL") {
    for (int i = 0; i < std::stoi(request[2]); ++i) {
      told.uses.push_back({.key = request[3U + static_cast<std::size_t>(i)]});
    }
  } else if (many_keys.contains(told.name)) {
    for (std::size_t i = 1; i < request.size(); ++i) told.uses.push_back({.key = request[i]});
  } else if (request.size() > 1) {
    told.uses.push_back({.key = request[1]});
  }
  if (is_write_of_value(told.name)) told.uses[0].bytes_in = request[2].size();
  return told;
}

void set_error(Told& told, const Reply& reply, bool asks) {
  told.code = reply.text.substr(0, reply.text.find(' '));
  if (told.code == "MOVED") {
    told.error = ReplyError::kRedirected;
  } else if (told.code == "OOM" || reply.text.starts_with("ERR unknown command") ||
             told.code == "EXECABORT") {
    told.error = ReplyError::kRefused;
  } else {
    told.error = ReplyError::kFailed;
  }
  told.executed = told.error == ReplyError::kFailed || told.code == "EXECABORT";
  if (told.error != ReplyError::kFailed || !asks) return;
  if (told.code == "WRONGTYPE" && told.uses.size() == 1 && told.name != "EVAL") {
    set_all(told, Lookup::kHit);
  } else {
    told.unseen = true;
  }
}

bool gets_old_value(const std::vector<std::string>& request) {
  return upper(request[0]) == "SET" && upper(request.back()) == "GET" && request.size() > 3;
}

bool asks_anything(const std::vector<std::string>& request) {
  static const std::set<std::string> reads{"GET",      "MGET",   "HGET", "HMGET", "HGETALL",
                                           "EXISTS",   "TTL",    "LLEN", "TYPE",  "STRLEN",
                                           "SMEMBERS", "LRANGE", "EVAL", "NOSUCH"};
  return reads.contains(upper(request[0])) || gets_old_value(request);
}

Told outcome(const std::vector<std::string>& request, const Reply& reply) {
  Told told = without_outcome(request);
  const std::string& name = told.name;
  if (reply.type == '-') {
    set_error(told, reply, asks_anything(request));
    return told;
  }
  const bool is_nil = reply.type == '_';
  const bool is_empty = is_nil || (reply.elements.empty() && reply.type != '$' &&
                                   reply.type != ':' && reply.type != '+');
  if (name == "GET" || gets_old_value(request)) {
    set_all(told, is_nil ? Lookup::kMiss : Lookup::kHit);
    set_data(told, reply);
    told.uses[0].bytes_out = string_bytes(reply);
  } else if (name == "MGET") {
    for (std::size_t i = 0; i < told.uses.size(); ++i) {
      const Reply& element = reply.elements.at(i);
      Told::Use& use = told.uses[i];
      ++(element.type == '_' ? use.misses : use.hits);
      ++(element.type == '_' ? told.misses : told.hits);
      use.lookup = element.type == '_' ? Lookup::kMiss : Lookup::kHit;
      use.bytes_out = string_bytes(element);
    }
  } else if (name == "HGET" || name == "HMGET") {
    set_data(told, reply);
    set_all(told, told.uses[0].hits > 0 ? Lookup::kHit : Lookup::kUndecided);
    told.uses[0].bytes_out = string_bytes(reply);
  } else if (name == "HGETALL") {
    ++(is_empty ? told.uses[0].misses : told.uses[0].hits);
    set_all(told, is_empty ? Lookup::kMiss : Lookup::kHit);
    told.uses[0].bytes_out = string_bytes(reply);
  } else if (name == "SMEMBERS" || name == "LRANGE") {
    set_all(told, is_empty ? Lookup::kMiss : Lookup::kHit);
    told.uses[0].bytes_out = string_bytes(reply);
  } else if (name == "LLEN") {
    set_all(told, reply.text == "0" ? Lookup::kMiss : Lookup::kHit);
  } else if (name == "STRLEN") {
    set_all(told, reply.text == "0" ? Lookup::kUndecided : Lookup::kHit);
  } else if (name == "TTL") {
    set_all(told, reply.text == "-2" ? Lookup::kMiss : Lookup::kHit);
  } else if (name == "TYPE") {
    set_all(told, reply.text == "none" ? Lookup::kMiss : Lookup::kHit);
  } else if (name == "EXISTS") {
    const auto there = static_cast<std::uint64_t>(std::stoi(reply.text));
    const std::uint64_t all = told.uses.size();
    set_all(told, there == all ? Lookup::kHit : (there == 0 ? Lookup::kMiss : Lookup::kUndecided));
    told.hits = there;
    told.misses = all - there;
    told.undecided = 0;
  } else if (name == "EVAL" || name == "NOSUCH") {
    told.unseen = true;
  }
  return told;
}

// Takes replies one after another, and what is none out of the way.
class Replies {
 public:
  explicit Replies(std::vector<Reply> all) : all_(std::move(all)) {}

  // The next one that answers a command; nothing if there are no more.
  std::optional<Reply> next() {
    while (at_ < all_.size()) {
      Reply& reply = all_[at_++];
      if (reply.type == '>' || reply.type == '|') continue;
      if (is_subscribed_ && reply.type == '*' && is_first(reply, "message")) continue;
      return reply;
    }
    return {};
  }
  // A reply to SUBSCRIBE or UNSUBSCRIBE.
  std::optional<Reply> next_subscription(const std::string& word) {
    while (at_ < all_.size()) {
      Reply& reply = all_[at_];
      if (reply.type == '-') return next();
      ++at_;
      if (!is_first(reply, word)) continue;
      is_subscribed_ = reply.type == '*' && reply.elements.at(2).text != "0";
      return reply;
    }
    return {};
  }

 private:
  static bool is_first(const Reply& reply, const std::string& word) {
    return !reply.elements.empty() && reply.elements[0].text == word;
  }

  std::vector<Reply> all_;
  std::size_t at_ = 0;
  bool is_subscribed_ = false;
};

}  // namespace

std::vector<std::vector<std::string>> plain_requests(std::string_view stream) {
  std::vector<std::vector<std::string>> requests;
  while (!stream.empty()) {
    if (stream[0] != '*') {
      std::istringstream in{line_of(stream)};
      std::vector<std::string> request;
      for (std::string word; in >> word;) request.push_back(word);
      if (!request.empty()) requests.push_back(std::move(request));
      continue;
    }
    const int count = std::stoi(line_of(stream).substr(1));
    std::vector<std::string> request;
    for (int i = 0; i < count; ++i) {
      const auto size = static_cast<std::size_t>(std::stoi(line_of(stream).substr(1)));
      request.push_back(string_of(stream, size));
    }
    if (!request.empty()) requests.push_back(std::move(request));
  }
  return requests;
}

std::vector<Reply> plain_replies(std::string_view stream) {
  std::vector<Reply> replies;
  while (!stream.empty()) replies.push_back(one_reply(stream));
  return replies;
}

std::vector<std::string> plain_decode(std::string_view client, std::string_view server) {
  std::vector<std::string> lines;
  Replies replies(plain_replies(server));
  std::vector<std::vector<std::string>> queued;
  bool in_multi = false;
  bool is_off = false;
  bool skips = false;
  std::size_t channels = 0;
  for (const std::vector<std::string>& request : plain_requests(client)) {
    const std::string name = upper(request[0]);
    bool is_answered = !is_off && !skips;
    skips = false;
    if (name == "CLIENT" && upper(request[1]) == "REPLY") {
      const std::string mode = upper(request[2]);
      is_answered = mode == "ON";
      skips = mode == "SKIP" && !is_off;
      if (mode != "SKIP") is_off = mode == "OFF";
    }
    if (!is_answered) {
      Told told = without_outcome(request);
      told.without_reply = true;
      told.unseen = asks_anything(request);
      lines.push_back(to_string(told));
      continue;
    }
    if (name == "SUBSCRIBE" || name == "UNSUBSCRIBE") {
      const std::size_t count =
          request.size() > 1 ? request.size() - 1 : std::max<std::size_t>(channels, 1);
      for (std::size_t i = 0; i < count; ++i) {
        const auto reply =
            replies.next_subscription(name == "SUBSCRIBE" ? "subscribe" : "unsubscribe");
        if (!reply) return lines;
        channels = static_cast<std::size_t>(std::stoi(reply->elements.at(2).text));
      }
      lines.push_back(to_string(without_outcome(request)));
      continue;
    }
    const std::optional<Reply> reply = replies.next();
    if (!reply) return lines;
    if (in_multi && reply->text == "QUEUED") {
      queued.push_back(request);
      continue;
    }
    if (name == "EXEC" && reply->type == '*') {
      for (std::size_t i = 0; i < queued.size(); ++i) {
        Told told = outcome(queued[i], reply->elements.at(i));
        told.in_transaction = true;
        lines.push_back(to_string(told));
      }
    }
    if (name == "EXEC" || name == "DISCARD" || name == "MULTI") {
      queued.clear();
      in_multi = name == "MULTI";
    }
    lines.push_back(to_string(outcome(request, *reply)));
  }
  return lines;
}

}  // namespace hitwatch::resp::test
