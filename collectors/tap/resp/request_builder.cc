#include "collectors/tap/resp/request_builder.h"

#include <algorithm>
#include <charconv>

#include "collectors/tap/resp/bounds.h"

namespace hitwatch::resp {
namespace {

constexpr std::size_t kLongestWord = 32;

bool is(std::string_view text, std::string_view capitals) {
  return std::ranges::equal(text, capitals, [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

}  // namespace

bool RequestBuilder::begin(std::uint32_t arguments, Outstanding& outstanding) {
  row_ = nullptr;
  arguments_ = arguments;
  index_ = keys_ = keys_from_ = keys_to_ = 0;
  length_ = 0;
  flags_ = 0;
  is_wanted_ = is_cut_ = has_slot_ = is_library_name_ = is_proxy_line_ = false;
  hello_ = Hello::kWord;
  reply_mode_ = ReplyMode::kNone;
  return outstanding.open();
}

bool RequestBuilder::argument(const RequestEvent& piece, Outstanding& outstanding,
                              ClientName& client) {
  if (piece.is_first) {
    is_cut_ = has_slot_ = false;
    is_wanted_ = wants();
  }
  length_ += piece.bytes.size();
  if (is_wanted_) {
    if (piece.is_first && piece.is_last) {
      complete(piece.bytes, outstanding, client);
    } else {
      // In pieces: they are put together where a key would be kept.
      if (piece.is_first && !begin_slot(outstanding)) return false;
      if (has_slot_ && outstanding.slot_text().size() + piece.bytes.size() > kMaxKeyBytes) {
        is_cut_ = true;
      }
      if (has_slot_ && !is_cut_ && !outstanding.append(piece.bytes)) return false;
      if (piece.is_last) {
        complete(has_slot_ ? outstanding.slot_text() : std::string_view{}, outstanding, client);
        if (has_slot_) outstanding.drop_slot();
      }
    }
  }
  if (piece.is_last) {
    if (row_->value_from != 0) value(outstanding);
    if (!is_wanted_ && hello_ != Hello::kWord) {
      hello_ = hello_ == Hello::kUser ? Hello::kPassword : Hello::kWord;
    }
    is_wanted_ = has_slot_ = false;
    length_ = 0;
    ++index_;
  }
  return true;
}

// A key that there is no room for is passed over; other words are needed.
bool RequestBuilder::begin_slot(Outstanding& outstanding) {
  const bool is_optional = index_ > 0 && is_key();
  has_slot_ = outstanding.open_slot(is_optional);
  // Nor may there be room for its end only.
  if (!has_slot_ && is_optional) flags_ |= Record::kKeysFull;
  return has_slot_ || is_optional;
}

bool RequestBuilder::wants() const {
  if (index_ == 0) return true;
  if (index_ == 1 && row_->has_subcommands) return true;
  return is_key() || wants_word();
}

bool RequestBuilder::is_key() const {
  const KeyPlaces& places = row_->keys;
  switch (places.kind) {
    case KeyPlaces::Kind::kNone:
      return false;
    case KeyPlaces::Kind::kRange: {
      if (index_ < static_cast<std::uint32_t>(places.first)) return false;
      if (places.last >= 0) {
        if (index_ > static_cast<std::uint32_t>(places.last)) return false;
      } else if (arguments_ != 0 &&
                 index_ + static_cast<std::uint32_t>(-places.last) > arguments_) {
        return false;
      }
      return places.step == 1 || (index_ - static_cast<std::uint32_t>(places.first)) %
                                         static_cast<std::uint32_t>(places.step) ==
                                     0;
    }
    case KeyPlaces::Kind::kCounted:
      if (places.first != 0 && index_ == static_cast<std::uint32_t>(places.first)) return true;
      [[fallthrough]];
    case KeyPlaces::Kind::kStreams:
      return index_ >= keys_from_ && index_ < keys_to_ &&
             (index_ - keys_from_) % static_cast<std::uint32_t>(places.step) == 0;
  }
  return false;
}

bool RequestBuilder::wants_word() const {
  const KeyPlaces& places = row_->keys;
  if (places.kind == KeyPlaces::Kind::kCounted && index_ == static_cast<std::uint32_t>(places.last))
    return true;
  switch (row_->words) {
    case Words::kNone:
      break;
    case Words::kSet:
      return index_ >= 3;
    case Words::kSort:
    case Words::kRange:
    case Words::kCount:
    case Words::kBitfield:
      return index_ >= 2;
    case Words::kPop:
      return index_ == 2;
    case Words::kStreams:
      return keys_from_ == 0;
  }
  switch (row_->effect) {
    case Effect::kReply:
    case Effect::kName:
      return index_ == 2;
    case Effect::kLibrary:
      return index_ == 2 || index_ == 3;
    case Effect::kHello:
      return index_ >= 2 && hello_ != Hello::kUser && hello_ != Hello::kPassword;
    default:
      return false;
  }
}

// The whole argument, or as much of it as is kept.
void RequestBuilder::complete(std::string_view text, Outstanding& outstanding, ClientName& client) {
  if (index_ == 0) {
    row_ = &find_command(is_cut_ ? std::string_view{} : text);
    if (row_->name.empty()) name(text.substr(0, kLongestWord), outstanding);
    if (row_->blocks) flags_ |= Record::kBlocks;
    return;
  }
  if (index_ == 1 && row_->has_subcommands) {
    row_ = &find_subcommand(*row_, is_cut_ ? std::string_view{} : text);
    if (row_->blocks) flags_ |= Record::kBlocks;
    return;
  }
  if (is_key()) {
    key(text, has_slot_, outstanding);
  } else if (text.size() <= kLongestWord && !is_cut_) {
    word(text, client);
  } else {
    flags_ |= Record::kPartial;
    hello_ = Hello::kWord;
  }
}

// Of a command that the table lacks; is told instead of the row's. What does not look like one is
// not repeated.
void RequestBuilder::name(std::string_view text, Outstanding& outstanding) {
  std::array<char, kLongestWord> capitals{};
  std::ranges::transform(text, capitals.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  is_proxy_line_ = arguments_ == 0 && text == "PROXY";
  if (has_slot_) outstanding.drop_slot();
  has_slot_ = false;
  const bool is_name =
      !text.empty() &&
      std::ranges::all_of(capitals.begin(), capitals.begin() + text.size(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
      });
  if (!is_name || !outstanding.open_slot(true)) return;
  if (!outstanding.append({capitals.data(), text.size()})) {
    outstanding.drop_slot();
    return;
  }
  outstanding.keep_slot(false);
  flags_ |= Record::kNamed;
}

void RequestBuilder::word(std::string_view text, ClientName& client) {
  if (row_->keys.kind == KeyPlaces::Kind::kCounted &&
      index_ == static_cast<std::uint32_t>(row_->keys.last)) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc{} && end == text.data() + text.size()) {
      keys_from_ = index_ + 1;
      keys_to_ = keys_from_ + std::min<std::uint32_t>(count, arguments_) *
                                  static_cast<std::uint32_t>(row_->keys.step);
    }
    return;
  }
  switch (row_->words) {
    case Words::kNone:
      break;
    case Words::kSet:
      if (is(text, "GET")) flags_ |= Record::kGets;
      break;
    case Words::kSort:
      if (is(text, "BY") || is(text, "GET")) flags_ |= Record::kUnseen;
      if (is(text, "LIMIT")) flags_ |= Record::kPartial;
      break;
    case Words::kRange:
      if (index_ == 2 && text != "0") flags_ |= Record::kPartial;
      if (index_ == 3 && text != "-1") flags_ |= Record::kPartial;
      if (index_ > 3 && !is(text, "WITHSCORES")) flags_ |= Record::kPartial;
      break;
    case Words::kCount: {
      // A count in whose digits there is none but 0 asks for nothing.
      if (index_ == 2 && text.find_first_of("123456789") == std::string_view::npos) {
        flags_ |= Record::kPartial;
      }
      break;
    }
    case Words::kStreams:
      if (is(text, "BLOCK")) flags_ |= Record::kBlocks;
      if (is(text, "STREAMS") && arguments_ > 0) {
        keys_from_ = index_ + 1;
        keys_to_ = keys_from_ + (arguments_ - keys_from_) / 2;
      }
      break;
    case Words::kPop:
      flags_ |= Record::kUnseen;
      break;
    case Words::kBitfield:
      if (is(text, "SET") || is(text, "INCRBY")) flags_ |= Record::kWrites;
      break;
  }
  switch (row_->effect) {
    case Effect::kReply:
      if (is(text, "ON")) reply_mode_ = ReplyMode::kOn;
      if (is(text, "OFF")) reply_mode_ = ReplyMode::kOff;
      if (is(text, "SKIP")) reply_mode_ = ReplyMode::kSkip;
      break;
    case Effect::kName:
      client.set(text, false);
      break;
    case Effect::kLibrary:
      if (index_ == 2) is_library_name_ = is(text, "LIB-NAME");
      if (index_ == 3 && is_library_name_) client.set(text, true);
      break;
    case Effect::kHello:
      hello(text, client);
      break;
    default:
      break;
  }
}

// HELLO 3 AUTH user password SETNAME name
void RequestBuilder::hello(std::string_view text, ClientName& client) {
  if (hello_ == Hello::kName) {
    client.set(text, false);
    hello_ = Hello::kWord;
  } else if (is(text, "AUTH")) {
    hello_ = Hello::kUser;
  } else if (is(text, "SETNAME")) {
    hello_ = Hello::kName;
  }
}

void RequestBuilder::key(std::string_view text, bool is_in_slot, Outstanding& outstanding) {
  ++keys_;
  const bool is_too_long = is_cut_ || text.size() > kMaxKeyBytes;
  if ((flags_ & Record::kKeysFull) != 0) return;
  if (keys_ > kMaxKeys) {
    flags_ |= Record::kKeysFull;
    return;
  }
  if (!is_in_slot) {
    if (!outstanding.open_slot(true)) {
      flags_ |= Record::kKeysFull;
      return;
    }
    if (!is_too_long && !outstanding.append(text)) {
      outstanding.drop_slot();
      flags_ |= Record::kKeysFull;
      return;
    }
  }
  outstanding.keep_slot(is_too_long);
  has_slot_ = false;
}

// Counts the argument as what is written to the last key.
void RequestBuilder::value(Outstanding& outstanding) const {
  if (index_ < row_->value_from) return;
  if (row_->keys.kind == KeyPlaces::Kind::kCounted && index_ >= keys_to_) return;
  const std::uint32_t after = index_ - row_->value_from;
  if (row_->value_step == 0 ? after != 0 : after % row_->value_step != 0) return;
  KeySlot* slot = outstanding.last_slot();
  if (slot == nullptr || (flags_ & Record::kKeysFull) != 0) return;
  slot->bytes =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(slot->bytes + length_, 0xffffffffU));
}

Record& RequestBuilder::finish(Outstanding& outstanding) {
  if (row_->keys.kind == KeyPlaces::Kind::kStreams && keys_from_ == 0) flags_ |= Record::kUnseen;
  // Of an inline command it is known only now which arguments were the last ones.
  if (arguments_ == 0 && row_->keys.last < -1) flags_ |= Record::kUnseen;
  Record& record = outstanding.opened();
  record.arguments = index_;
  record.keys = keys_;
  record.row = index_of(*row_);
  record.flags = flags_;
  return record;
}

}  // namespace hitwatch::resp
