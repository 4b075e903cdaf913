// INFO and CLUSTER INFO of a server that says anything at all.
#include <cstdint>

#include "collectors/redis/readers.h"

using hitwatch::redis::Collection;
using hitwatch::redis::Reply;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static hitwatch::metrics::FamilyRegistry registry;
  static const hitwatch::redis::Families families(registry, "redis");
  hitwatch::metrics::SnapshotBuilder builder;
  hitwatch::redis::CollectOptions options;
  options.modules = true;
  options.system = true;
  hitwatch::redis::ServerFacts server;
  hitwatch::redis::Remembered remembered;
  builder.begin();
  Collection collection{
      builder, families, options, server, remembered, std::chrono::system_clock::time_point{}, {}};
  Reply reply;
  reply.kind = Reply::Kind::kString;
  reply.text.assign(reinterpret_cast<const char*>(data), size);
  read_info(reply, collection);
  for (const hitwatch::redis::Request& request : plan(server, options)) {
    request.read(reply, collection);
  }
  finish_collection(collection);
  builder.finish();
  return 0;
}
