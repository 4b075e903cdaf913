// Any text must be refused with an error or expanded, within bounds, as a template of a
// notification; as the payload of a webhook it must become some body, whatever it is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/notify/notice_text.h"
#include "agent/notify/webhook_payload.h"
#include "rules/templates/limits.h"
#include "tests/notify/notice_sample.h"

namespace {

using hitwatch::notify::NoticeTemplates;

struct Sample {
  hitwatch::notify::Message message = hitwatch::notify::test::sample_message();
  hitwatch::notify::Notice notice =
      hitwatch::notify::make_notice(message, hitwatch::notify::test::kExternalUrl);
  std::shared_ptr<const NoticeTemplates> templates = hitwatch::notify::test::default_templates();
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Sample sample;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool parses = sample.templates->check(text).has_value();
  const auto expanded =
      sample.templates->expand(text, notice_data(sample.notice), 1'787'220'000'000);
  if (expanded && (!parses || expanded->size() > hitwatch::templates::kLongestOutput)) std::abort();
  if (!expanded && expanded.error().empty()) std::abort();

  hitwatch::notify::NoticeText notice_text(sample.notice, *sample.templates, 1'787'220'000'000);
  const auto body = custom_payload(text, sample.notice, notice_text);
  if (body.empty() && !notice_text.error().empty()) std::abort();
  return 0;
}
