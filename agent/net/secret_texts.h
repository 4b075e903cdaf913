// What must not be shown of texts that others wrote: an answer, or an error about one, may repeat
// what was sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::net {

class SecretTexts {
 public:
  // `secret` as it is; nothing if it is empty.
  void add(std::string_view secret);
  // The value of a header, of which servers repeat parts: what follows the word of a scheme
  // (RFC 9110, 11.4: "Bearer …"); of "Basic …" what is encoded, and the password in it; and what
  // lies between separators, if it is long enough to be a key.
  void add_header(std::string_view value);
  // A URL, its path and query, and what lies between the separators of these, where tokens are: as
  // it is and percent-decoded. Scheme, host and port alone are no secret.
  void add_url(std::string_view url);

  bool empty() const { return texts_.empty(); }

  // `text` with `<secret>` for each of them. Where they overlap, one for all.
  std::string hidden_in(std::string_view text) const;

 private:
  void add_parts(std::string_view text, std::string_view separators);

  std::vector<std::string> texts_;  // the longest first, each once
};

}  // namespace hitwatch::net
