#include "collectors/apps/otlp_mapping.h"

#include <algorithm>
#include <utility>

namespace hitwatch::apps {
namespace {

const OtlpValue* attribute_in(const std::vector<OtlpAttribute>& attributes, std::string_view key) {
  const auto found = std::ranges::find(attributes, key, &OtlpAttribute::key);
  return found == attributes.end() ? nullptr : &found->value;
}

// Appends what `field` is for a point.
void append_field(std::string& out, const OtlpField& field, const OtlpProducer& producer,
                  const std::vector<OtlpAttribute>& attributes) {
  const std::size_t begin = out.size();
  for (const std::string& key : field.attributes) {
    for (const auto* level : {&attributes, &producer.scope, &producer.resource}) {
      const OtlpValue* value = attribute_in(*level, key);
      if (value == nullptr) continue;
      append_otlp_text(out, *value);
      if (out.size() > begin) return;
    }
  }
  out += field.text;
}

bool is_one_of(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

lookups::Subject OtlpLookup::subject() const {
  const auto text = [this](std::size_t i) {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(texts_).substr(begin, ends_[i] - begin);
  };
  return {
      .tenant = text(0), .type = text(1), .key = text(2), .operation = text(3), .layer = text(4)};
}

OtlpMapping::OtlpMapping(std::vector<OtlpMeaning> configured) : meanings_(std::move(configured)) {
  for (OtlpMeaning& meaning : default_otlp_mapping()) meanings_.push_back(std::move(meaning));
  for (std::size_t i = 0; i < meanings_.size(); ++i) by_name_.emplace(meanings_[i].metric, i);
}

const OtlpMeaning* OtlpMapping::find(std::string_view metric) const {
  const auto found = by_name_.find(metric);
  return found == by_name_.end() ? nullptr : &meanings_[found->second];
}

OtlpMapping::Verdict OtlpMapping::read(const OtlpMeaning& meaning, const OtlpProducer& producer,
                                       const std::vector<OtlpAttribute>& attributes,
                                       OtlpLookup& lookup) {
  using Kind = OtlpMeaning::Kind;
  std::string& texts = lookup.texts_;
  texts.clear();
  switch (meaning.kind) {
    case Kind::kLatency:
      lookup.outcome.reset();
      break;
    case Kind::kHit:
      lookup.outcome = lookups::Outcome::kHit;
      break;
    case Kind::kMiss:
      lookup.outcome = lookups::Outcome::kMiss;
      break;
    case Kind::kError:
      lookup.outcome = lookups::Outcome::kError;
      break;
    case Kind::kResult:
      append_field(texts, meaning.result, producer, attributes);
      if (is_one_of(meaning.hit, texts)) {
        lookup.outcome = lookups::Outcome::kHit;
      } else if (is_one_of(meaning.miss, texts)) {
        lookup.outcome = lookups::Outcome::kMiss;
      } else if (is_one_of(meaning.error, texts)) {
        lookup.outcome = lookups::Outcome::kError;
      } else {
        return is_one_of(meaning.ignore, texts) ? Verdict::kIgnored : Verdict::kResult;
      }
      texts.clear();
      break;
  }
  std::size_t i = 0;
  for (const OtlpField* field :
       {&meaning.tenant, &meaning.type, &meaning.key, &meaning.operation, &meaning.layer}) {
    const std::size_t begin = texts.size();
    append_field(texts, *field, producer, attributes);
    if (texts.size() - begin > kMaxTextBytes) return Verdict::kTooLong;
    lookup.ends_[i++] = static_cast<std::uint16_t>(texts.size());
  }
  return Verdict::kCounts;
}

}  // namespace hitwatch::apps
