// Interned strings: label names and values, each text held once.
//
// Equal texts of one table are the same object, so comparing and hashing labels is comparing and
// hashing addresses. Not thread-safe: a table belongs to one thread, or to nobody who writes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

namespace hitwatch::window {

// Never null where a label is meant. Valid as long as its table (see `sweep`).
using Symbol = const std::string*;

// "" for none.
inline std::string_view text_of(Symbol symbol) {
  return symbol == nullptr ? std::string_view() : std::string_view(*symbol);
}

class Symbols {
 public:
  // With a `base`, its symbols are this table's, too: what a query makes up lies in a table of its
  // own above that of the window. The base must outlive this and must not change meanwhile.
  explicit Symbols(const Symbols* base = nullptr);
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;

  Symbol intern(std::string_view text);
  // nullptr if nobody has interned it.
  Symbol find(std::string_view text) const;

  Symbol name() const { return name_; }    // "__name__"
  Symbol le() const { return le_; }        // "le"
  Symbol empty() const { return empty_; }  // ""

  std::size_t size() const { return texts_.size(); }  // without those of the base
  std::size_t bytes() const { return bytes_; }        // of their texts

  // Forgets every symbol that `in_use` does not hold, the three above excepted.
  void sweep(const std::unordered_set<Symbol>& in_use);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
    std::size_t operator()(const std::unique_ptr<const std::string>& text) const {
      return std::hash<std::string_view>{}(*text);
    }
  };
  struct Equal {
    using is_transparent = void;
    static std::string_view view(std::string_view text) { return text; }
    static std::string_view view(const std::unique_ptr<const std::string>& text) { return *text; }
    bool operator()(const auto& left, const auto& right) const { return view(left) == view(right); }
  };

  const Symbols* base_;
  std::unordered_set<std::unique_ptr<const std::string>, Hash, Equal> texts_;
  std::size_t bytes_ = 0;
  Symbol name_;
  Symbol le_;
  Symbol empty_;
};

}  // namespace hitwatch::window
