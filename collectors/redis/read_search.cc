// FT.INFO of the indexes that FT._LIST names, https://redis.io/docs/latest/commands/ft.info/
#include <re2/re2.h>

#include <algorithm>

#include "collectors/redis/info.h"
#include "collectors/redis/readers.h"

namespace hitwatch::redis {
namespace {

constexpr std::size_t kMostIndexes = 500;
constexpr double kMebibyte = 1048576;

struct IndexField {
  std::string_view name;
  Metric metric;
  double factor = 1;
};

constexpr IndexField kIndexFields[] = {
    {"num_docs", Metric::kSearchNumDocs},
    {"max_doc_id", Metric::kSearchMaxDocId},
    {"num_terms", Metric::kSearchNumTerms},
    {"num_records", Metric::kSearchNumRecords},
    {"inverted_sz_mb", Metric::kSearchInvertedSize, kMebibyte},
    {"vector_index_sz_mb", Metric::kSearchVectorSize, kMebibyte},
    {"total_inverted_index_blocks", Metric::kSearchInvertedBlocks},
    {"offset_vectors_sz_mb", Metric::kSearchOffsetVectorsSize, kMebibyte},
    {"doc_table_size_mb", Metric::kSearchDocTableSize, kMebibyte},
    {"sortable_values_size_mb", Metric::kSearchSortableSize, kMebibyte},
    {"key_table_size_mb", Metric::kSearchKeyTableSize, kMebibyte},
    {"geoshapes_sz_mb", Metric::kSearchGeoshapesSize, kMebibyte},
    {"tag_overhead_sz_mb", Metric::kSearchTagOverhead, kMebibyte},
    {"text_overhead_sz_mb", Metric::kSearchTextOverhead, kMebibyte},
    {"total_index_memory_sz_mb", Metric::kSearchTotalMemory, kMebibyte},
    {"records_per_doc_avg", Metric::kSearchRecordsPerDoc},
    {"bytes_per_record_avg", Metric::kSearchBytesPerRecord},
    {"offsets_per_term_avg", Metric::kSearchOffsetsPerTerm},
    {"offset_bits_per_record_avg", Metric::kSearchOffsetBits},
    {"hash_indexing_failures", Metric::kSearchFailures},
    {"indexing", Metric::kSearchIndexing},
    {"percent_indexed", Metric::kSearchPercentIndexed},
    {"cleaning", Metric::kSearchCleaning},
    {"number_of_uses", Metric::kSearchUses},
};

std::optional<double> number_of(const Reply& reply) {
  if (reply.kind == Reply::Kind::kInteger) return static_cast<double>(reply.integer);
  return parse_number(reply.string());
}

void read_index(const std::string& index, const Reply& reply, Collection& collection) {
  for_each_pair(reply, [&](std::string_view name, const Reply& value) {
    const auto* found = std::ranges::find(kIndexFields, name, &IndexField::name);
    const auto number = number_of(value);
    if (found == std::end(kIndexFields) || !number) return;
    collection.out.add(collection.families[found->metric], *number * found->factor,
                       {{"index_name", index}});
  });
}

void read_index_list(const Reply& reply, Collection& collection) {
  const RE2 wanted(collection.options.search_index_match, RE2::Quiet);
  if (!wanted.ok()) return;
  std::size_t asked = 0;
  for (const Reply& element : reply.elements) {
    const std::string index(element.string());
    if (index.empty() || !RE2::PartialMatch(index, wanted)) continue;
    if (++asked > kMostIndexes) return;
    collection.follow_up.push_back(
        {"search", {"FT.INFO", index}, [index](const Reply& info, Collection& into) {
           read_index(index, info, into);
         }});
  }
}

}  // namespace

void plan_search(const ServerFacts&, const CollectOptions& options, std::vector<Request>& out) {
  if (options.search_indexes) out.push_back({"search", {"FT._LIST"}, read_index_list});
}

}  // namespace hitwatch::redis
