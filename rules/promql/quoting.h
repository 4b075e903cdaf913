// String literals as PromQL writes them, which is how Go does: "…" and '…' with escapes, `…` as is.
// window::quoted() writes them.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::promql {

// `'x'`, as Prometheus' errors name a character.
std::string quote_rune(char32_t value);
// The text of a literal including its quotes, which must be there. Fails with Prometheus' words for
// a wrong escape.
std::expected<std::string, std::string> unquote(std::string_view literal);

}  // namespace hitwatch::promql
