#include "collectors/keyspace/key_pages.h"

#include <fmt/format.h>

#include <algorithm>

namespace hitwatch::keyspace {
namespace {

// Servers that read cursors as signed numbers take these too.
constexpr std::uint64_t kMostCursor = (1ULL << 62) - 1;
// Fewer keys than that may well come first again.
constexpr std::uint64_t kManyKeys = 1000;

// Whether an error says something of the server's present state, and nothing of the command.
bool is_state(std::string_view error, net::Reason reason) {
  return reason == net::Reason::kLoading || reason == net::Reason::kMasterDown ||
         reason == net::Reason::kAuth || error.starts_with("BUSY ") ||
         error.starts_with("CLUSTERDOWN ");
}

}  // namespace

KeyPages::KeyPages(Method method, std::string cursor, std::uint64_t keys, std::uint64_t seed)
    : method_(method), cursor_(std::move(cursor)), keys_(keys), random_(seed) {
  if (cursor_.empty()) cursor_ = "0";
  if (cursor_ != "0") milestone_ = cursor_;
  if (method_ == Method::kNone) fall_back(method_, "SCAN is refused; so is RANDOMKEY");
}

void KeyPages::ask(redis::Batch& batch, std::size_t size) {
  if (method_ == Method::kRandomKey) {
    // One first: if it is refused, that should be one error of the server.
    for (std::size_t i = 0; i < (answered_ ? size : 1); ++i) batch.add({"RANDOMKEY"});
    return;
  }
  const std::string cursor =
      method_ == Method::kRandomCursors
          ? std::to_string(std::uniform_int_distribution<std::uint64_t>(1, kMostCursor)(random_))
          : cursor_;
  batch.add({"SCAN", cursor, "COUNT", std::to_string(size)});
}

std::expected<std::vector<std::string>, net::Error> KeyPages::take(
    std::span<redis::Reply> replies) {
  misled_ = false;
  std::vector<std::string> names;
  for (redis::Reply& reply : replies) {
    if (reply.is_error()) {
      const net::Reason reason = redis::classify_error(reply.text);
      if (is_state(reply.text, reason)) return std::unexpected(net::Error{reason, reply.text});
      on_refusal(reply.text);
      return names;
    }
    if (method_ == Method::kRandomKey) {
      answered_ = true;
      if (reply.kind == redis::Reply::Kind::kString) names.push_back(std::move(reply.text));
    } else if (!take_page(reply, names)) {
      on_refusal("an answer to SCAN that is none");
      return names;
    }
  }
  if (!misled_) watch(names);
  if (misled_) names.clear();
  return names;
}

bool KeyPages::take_page(redis::Reply& reply, std::vector<std::string>& names) {
  if (reply.elements.size() != 2 || reply.elements[0].string().empty() ||
      !reply.elements[1].is_array()) {
    return false;
  }
  for (redis::Reply& name : reply.elements[1].elements) {
    if (name.kind == redis::Reply::Kind::kString) names.push_back(std::move(name.text));
  }
  if (method_ != Method::kRandomCursors) {
    if (cursor_ == "0") names_since_begin_ = 0;
    cursor_ = std::string(reply.elements[0].string());
    on_next_cursor(names.size());
  }
  return true;
}

void KeyPages::on_next_cursor(std::size_t names) {
  if (names_since_begin_) *names_since_begin_ += names;
  if (cursor_ == "0") {
    milestone_.clear();
    if (method_ == Method::kFull) {
      ended_ = true;
    } else if (names_since_begin_ && *names_since_begin_ < keys_ / 2) {
      fall_back_misled(Method::kRandomKey, "SCAN ends before it has been everywhere");
    }
    return;
  }
  if (cursor_ == milestone_) {
    fall_back_misled(Method::kRandomKey, "SCAN runs in circles");
    return;
  }
  if (++steps_ < steps_to_milestone_) return;
  milestone_ = cursor_;
  steps_ = 0;
  steps_to_milestone_ *= 2;
}

void KeyPages::watch(const std::vector<std::string>& names) {
  empty_pages_ = names.empty() ? empty_pages_ + 1 : 0;
  if (method_ == Method::kFull) return;
  if (empty_pages_ >= kMostEmptyPages) {
    on_many_empty_pages();
    return;
  }
  if (method_ != Method::kRandomCursors || names.empty() || keys_ < kManyKeys ||
      pages_ >= kCompared) {
    return;
  }
  first_names_[pages_++] = names.front();
  if (pages_ == kCompared && std::ranges::all_of(first_names_, [&](const std::string& name) {
        return name == first_names_[0];
      })) {
    fall_back_misled(Method::kRollingScan, "made-up cursors all lead to the same keys");
  }
}

void KeyPages::on_many_empty_pages() {
  empty_pages_ = 0;
  if (method_ == Method::kRandomCursors) {
    fall_back(Method::kRollingScan, "made-up cursors lead to no keys");
  } else if (method_ == Method::kRollingScan) {
    fall_back(Method::kRandomKey, "SCAN answers no keys");
  } else {
    fall_back(Method::kNone, "RANDOMKEY answers no keys");
  }
}

void KeyPages::on_refusal(std::string_view error) {
  switch (method_) {
    case Method::kRandomCursors:
      refused_.made_up_cursors = true;
      if (redis::is_refusal(error)) {
        refused_.scan = true;
        fall_back(Method::kRandomKey, fmt::format("SCAN is refused ({})", error));
      } else {
        fall_back(Method::kRollingScan, fmt::format("made-up cursors are refused ({})", error));
      }
      break;
    case Method::kFull:
    case Method::kRollingScan:
      // A cursor of the round before may have become worthless.
      if (method_ == Method::kRollingScan && cursor_ != "0" && !redis::is_refusal(error)) {
        cursor_ = "0";
        milestone_.clear();
      } else {
        refused_.scan = true;
        fall_back(Method::kRandomKey, fmt::format("SCAN is refused ({})", error));
      }
      break;
    case Method::kRandomKey:
    case Method::kNone:
      refused_.random_key = true;
      fall_back(Method::kNone, why_.empty() ? fmt::format("RANDOMKEY is refused ({})", error)
                                            : fmt::format("{}; so is RANDOMKEY ({})", why_, error));
      break;
  }
}

void KeyPages::fall_back(Method method, std::string why) {
  method_ = method;
  why_ = std::move(why);
  if (method == Method::kRollingScan) cursor_ = "0";
  if (method == Method::kNone) ended_ = true;
}

void KeyPages::fall_back_misled(Method method, std::string why) {
  fall_back(method, std::move(why));
  misled_ = true;
}

}  // namespace hitwatch::keyspace
