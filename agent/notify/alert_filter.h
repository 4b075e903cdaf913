// Which alerts a request of Alertmanager's API asks for, by the parameters of its query.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "agent/notify/dispatcher.h"
#include "agent/notify/matcher.h"
#include "agent/web/server.h"

namespace hitwatch::notify {

// The parameters `filter`, each of which is one matcher. The error is a sentence.
std::expected<Matchers, std::string> read_filters(const web::Request& request);

// `filter`, and `active`, `silenced`, `inhibited`, `muted` (by time intervals), each true unless
// said otherwise; `receiver`, a regular expression for its whole name. There are no alerts here
// that are `unprocessed`.
class AlertFilter {
 public:
  static std::expected<AlertFilter, std::string> read(const web::Request& request);

  // What is resolved is never wanted.
  bool wants(const Dispatcher::AlertView& view, std::int64_t now) const;
  bool wants_receiver(std::string_view receiver) const;

 private:
  Matchers matchers_;
  std::optional<Matcher> receiver_;
  bool active_ = true;
  bool silenced_ = true;
  bool inhibited_ = true;
  bool muted_ = true;
};

}  // namespace hitwatch::notify
