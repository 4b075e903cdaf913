#include "collectors/tap/key_segments.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace hitwatch::tap {
namespace {

constexpr std::size_t kLongestWord = 32;
constexpr std::size_t kMostDigits = 4;
constexpr std::size_t kShortestHex = 8;
constexpr std::size_t kShortestMixture = 16;  // of capitals, small letters and digits

// Of bytes, as bits.
constexpr std::uint8_t kSmall = 1;
constexpr std::uint8_t kCapital = 2;
constexpr std::uint8_t kDigit = 4;
constexpr std::uint8_t kMark = 8;      // '_', '-', '.'
constexpr std::uint8_t kNotHex = 16;   // of letters and marks
constexpr std::uint8_t kForeign = 32;  // everything else

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  classes.fill(kForeign);
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] = c <= 'f' ? kSmall : kSmall | kNotHex;
  for (unsigned c = 'A'; c <= 'Z'; ++c) classes[c] = c <= 'F' ? kCapital : kCapital | kNotHex;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  for (const unsigned char c : {'_', '-', '.'}) classes[c] = kMark | kNotHex;
  return classes;
}
constexpr auto kClasses = make_classes();

std::uint8_t class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// In the singular.
constexpr auto kThings = std::to_array<std::string_view>(
    {"account",        "address",      "api",          "app",       "article",
     "asset",          "auth",         "availability", "avatar",    "basket",
     "blob",           "block",        "booking",      "cache",     "cart",
     "catalog",        "category",     "channel",      "cms",       "code",
     "comment",        "config",       "content",      "coupon",    "customer",
     "data",           "device",       "doc",          "document",  "email",
     "event",          "facet",        "feature",      "feed",      "file",
     "flag",           "geo",          "hotel",        "image",     "index",
     "inventory",      "invoice",      "item",         "job",       "label",
     "layout",         "limit",        "list",         "location",  "lock",
     "login",          "media",        "menu",         "message",   "meta",
     "metric",         "notification", "offer",        "order",     "package",
     "page",           "payment",      "permission",   "post",      "price",
     "product",        "profile",      "promo",        "promotion", "query",
     "queue",          "quota",        "quote",        "rate",      "rating",
     "recommendation", "report",       "response",     "result",    "review",
     "role",           "route",        "rule",         "schema",    "search",
     "session",        "setting",      "settings",     "shipment",  "sku",
     "stat",           "stats",        "status",       "stock",     "store",
     "subscription",   "summary",      "tag",          "task",      "template",
     "theme",          "thread",       "throttle",     "ticket",    "token",
     "translation",    "user",         "version",      "view",      "widget"});
constexpr auto kProperties = std::to_array<std::string_view>(
    {"active",  "all",     "by",     "count", "counter", "current",  "daily",
     "default", "detail",  "draft",  "email", "friend",  "follower", "following",
     "hash",    "history", "hourly", "id",    "info",    "key",      "last",
     "latest",  "map",     "name",   "new",   "next",    "old",      "online",
     "popular", "recent",  "score",  "set",   "size",    "temp",     "top",
     "total",   "ttl",     "unread", "v",     "value",   "weekly"});
constexpr auto kEntities = std::to_array<std::string_view>(
    {"address", "article",  "basket",  "booking",  "cart",   "category", "comment",
     "coupon",  "customer", "device",  "document", "hotel",  "image",    "invoice",
     "item",    "job",      "message", "offer",    "order",  "package",  "page",
     "payment", "post",     "product", "profile",  "review", "session",  "shipment",
     "sku",     "task",     "thread",  "ticket",   "token",  "user"});

bool is_among(std::span<const std::string_view> names, std::string_view word) {
  const auto has = [&](std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  return has(word) || (word.ends_with('s') && has(word.substr(0, word.size() - 1))) ||
         (word.ends_with("ies") && has(std::string(word.substr(0, word.size() - 3)) + 'y'));
}

// The last part of a compound counts: "user-session", "price_list".
std::string_view last_part(std::string_view word) {
  const std::size_t mark = word.find_last_of("_-.");
  return mark == std::string_view::npos ? word : word.substr(mark + 1);
}

}  // namespace

char separator_of(std::string_view key) {
  for (const char separator : {':', '/', '.'}) {
    if (key.contains(separator)) return separator;
  }
  return 0;
}

bool is_word(std::string_view segment) {
  if (segment.size() > kLongestWord) return false;
  if (segment.empty()) return true;
  std::uint8_t seen = 0;
  std::size_t digits = 0;
  for (const char c : segment) {
    const std::uint8_t kind = class_of(c);
    seen |= kind;
    digits += kind == kDigit ? 1U : 0U;
  }
  if ((seen & kForeign) != 0 || is_digit(segment.front()) || digits > kMostDigits) return false;
  if (digits == 0) return true;
  if (segment.size() >= kShortestHex && (seen & kNotHex) == 0) return false;
  const bool is_mixture = (seen & kSmall) != 0 && (seen & kCapital) != 0;
  return !is_mixture || segment.size() < kShortestMixture;
}

bool is_numbered(std::string_view word) {
  if (std::ranges::none_of(word, is_digit)) return false;
  const bool is_version = word.front() == 'v' && word.size() <= 3;
  return !is_version;
}

bool is_common_name(std::string_view word) {
  const std::string_view last = last_part(word);
  return is_among(kThings, last) || is_among(kProperties, last);
}

bool is_common_entity(std::string_view word) { return is_among(kEntities, last_part(word)); }

}  // namespace hitwatch::tap
