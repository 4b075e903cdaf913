// Templates of notifications: Alertmanager's data, functions and default templates, with the files
// of the configuration over them.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/notify/message.h"
#include "agent/notify/settings.h"
#include "rules/templates/value.h"

namespace hitwatch::notify {

struct Notice;

// Never changes once it is made; from any thread.
class NoticeTemplates {
 public:
  // Parses the defaults and then the files, whose definitions replace those of the same name. A
  // file may be a pattern (glob), which may match nothing. The error names file, line and column.
  static std::expected<std::shared_ptr<const NoticeTemplates>, std::string> load(
      const std::vector<std::string>& files);
  ~NoticeTemplates();

  // Executes a text of the configuration with `data`. The error is text/template's message; what it
  // may cost is bounded (rules/templates/limits.h). `now`: milliseconds since 1970.
  std::expected<std::string, std::string> expand(std::string_view text,
                                                 const templates::Value& data,
                                                 std::int64_t now) const;
  // Whether a text parses.
  std::expected<void, std::string> check(std::string_view text) const;

 private:
  class Impl;
  explicit NoticeTemplates(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

// The dot of a notification: Receiver, Status, Alerts (Firing, Resolved), GroupLabels,
// CommonLabels, CommonAnnotations, ExternalURL, and what newer versions added.
templates::Value notice_data(const Message& message, const std::string& external_url);
templates::Value notice_data(const Notice& notice);

}  // namespace hitwatch::notify
