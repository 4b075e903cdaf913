#include "rules/window/symbols.h"

namespace hitwatch::window {

Symbols::Symbols(const Symbols* base)
    : base_(base), name_(intern("__name__")), le_(intern("le")), empty_(intern("")) {}

Symbol Symbols::find(std::string_view text) const {
  if (base_ != nullptr) {
    if (const Symbol known = base_->find(text)) return known;
  }
  const auto known = texts_.find(text);
  return known == texts_.end() ? nullptr : known->get();
}

Symbol Symbols::intern(std::string_view text) {
  if (const Symbol known = find(text)) return known;
  bytes_ += text.size();
  return texts_.insert(std::make_unique<const std::string>(text)).first->get();
}

void Symbols::sweep(const std::unordered_set<Symbol>& in_use) {
  std::erase_if(texts_, [&](const auto& text) {
    const Symbol symbol = text.get();
    if (symbol == name_ || symbol == le_ || symbol == empty_ || in_use.contains(symbol)) {
      return false;
    }
    bytes_ -= symbol->size();
    return true;
  });
}

}  // namespace hitwatch::window
