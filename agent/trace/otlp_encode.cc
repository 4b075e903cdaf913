#include "agent/trace/otlp_encode.h"

#include <algorithm>

namespace hitwatch::trace {

std::uint32_t flags_of(const Span& span) {
  std::uint32_t flags = kKnowsRemoteFlag;
  if (span.context.sampled) flags |= kSampledFlag;
  if (span.kind == Kind::kServer && span.parent.valid()) flags |= kRemoteFlag;
  return flags;
}

std::uint32_t flags_of(const Link& link) { return link.to.sampled ? kSampledFlag : 0; }

std::uint64_t unix_nanoseconds(Time time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

std::string_view OtlpEncoder::encode(Protocol protocol, const Resource& resource,
                                     std::span<const Span> spans) {
  if (protocol == Protocol::kJson) {
    write_json(json_, resource, spans, scratch_);
    return json_;
  }
  write_protobuf(wire_, resource, spans, scratch_);
  return wire_.written();
}

}  // namespace hitwatch::trace
