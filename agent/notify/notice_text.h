// Fills in the texts of one notification, whatever happens: where a template fails, a plain text
// takes its place, and what failed is remembered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/notify/notice.h"
#include "agent/notify/notice_templates.h"

namespace hitwatch::notify {

// `text`, or at most `most` runes of it, the last of which is an ellipsis.
std::string cut_runes(std::string text, std::size_t most);

// Status, group labels and names of alerts: `[FIRING:2] alertname=RedisDown: RedisDown`.
std::string plain_notice(const Notice& notice);

class NoticeText {
 public:
  // All of it must outlive this.
  NoticeText(const Notice& notice, const NoticeTemplates& templates, std::int64_t now);

  // What the template `text` of the setting `field` says, or `instead`.
  std::string fill(std::string_view field, std::string_view text, std::string_view instead = "");
  // `title: template: :1:3: executing …` of the first that failed, or "".
  const std::string& error() const { return error_; }
  const std::string& plain() const { return plain_; }

 private:
  const NoticeTemplates& templates_;
  std::int64_t now_;
  templates::Value data_;
  std::string plain_;
  std::string error_;
};

}  // namespace hitwatch::notify
