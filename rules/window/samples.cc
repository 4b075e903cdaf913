#include "rules/window/samples.h"

#include <algorithm>

#include "rules/window/chunk_reader.h"

namespace hitwatch::window {
namespace {

constexpr std::uint16_t kLeastCount = 16;
constexpr std::int64_t kChunksInHistory = 3;

std::uint64_t span(const Chunk& chunk, std::int64_t time) {
  return static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(chunk.first_time);
}

bool is_full(const Chunk& chunk, std::int64_t time, std::int64_t history) {
  const std::uint64_t spanned = span(chunk, time);
  if (chunk.count >= Chunk::kMaxCount || spanned > UINT32_MAX) return true;
  return chunk.count >= kLeastCount &&
         spanned > static_cast<std::uint64_t>(history / kChunksInHistory);
}

template <bool Marked>
void read_chunk(const Chunk& chunk, std::int64_t after, std::int64_t until,
                std::vector<Point>& out) {
  const std::size_t before = out.size();
  out.resize(before + chunk.count);
  Point* end = out.data() + before;
  for_each_point(chunk, [&, after, until](std::int64_t time, double value) {
    if (time > until) return false;
    *end = {time, value};
    end += time > after && (Marked || !is_stale(value)) ? 1 : 0;
    return true;
  });
  out.resize(static_cast<std::size_t>(end - out.data()));
}

std::int64_t end_of(const ChunkRef& chunk) { return chunk->last_time(); }
std::int64_t begin_of(const ChunkRef& chunk) { return chunk->first_time; }

template <bool Marked>
void read_chunks(const std::vector<ChunkRef>& full, const Chunk* open, std::int64_t after,
                 std::int64_t until, std::vector<Point>& out) {
  for (auto chunk = std::ranges::upper_bound(full, after, {}, end_of);
       chunk != full.end() && (*chunk)->first_time <= until; ++chunk) {
    read_chunk<Marked>(**chunk, after, until, out);
  }
  if (open != nullptr && open->first_time <= until && open->last_time() > after) {
    read_chunk<Marked>(*open, after, until, out);
  }
}

}  // namespace

Samples::Appended Samples::append(std::int64_t time, double value, std::int64_t history) {
  if (open_.chunk() == nullptr) {
    open_.append(time, value);
    return Appended::kInNewChunk;
  }
  if (time <= open_.newest().time) return Appended::kNo;
  const bool full = is_full(*open_.chunk(), time, history);
  if (full) full_.push_back(open_.finish());
  open_.append(time, value);
  return full ? Appended::kInNewChunk : Appended::kYes;
}

bool Samples::last(std::int64_t after, std::int64_t at, Point& out) const {
  const Chunk* chunk = open_.chunk();
  if (chunk != nullptr && open_.newest().time <= at) {
    out = open_.newest();
    return out.time > after;
  }
  if (chunk == nullptr || chunk->first_time > at) {
    const auto next = std::ranges::upper_bound(full_, at, {}, begin_of);
    if (next == full_.begin()) return false;
    chunk = &**std::prev(next);
  }
  if (chunk->last_time() <= after) return false;
  Point found{};
  for_each_point(*chunk, [&](std::int64_t time, double value) {
    if (time > at) return false;
    found = {time, value};
    return true;
  });
  if (found.time <= after) return false;
  out = found;
  return true;
}

void Samples::read(std::int64_t after, std::int64_t until, std::vector<Point>& out) const {
  read_chunks<false>(full_, open_.chunk(), after, until, out);
}

void Samples::read_marked(std::int64_t after, std::int64_t until, std::vector<Point>& out) const {
  read_chunks<true>(full_, open_.chunk(), after, until, out);
}

bool Samples::any(std::int64_t after, std::int64_t until) const {
  Point newest{};
  return last(after, until, newest);
}

void Samples::drop_until(std::int64_t time) {
  full_.erase(full_.begin(), std::ranges::upper_bound(full_, time, {}, end_of));
  const bool all = open_.chunk() == nullptr || open_.newest().time <= time;
  if (full_.empty() && all) *this = Samples();
}

Samples Samples::share(std::int64_t after, std::int64_t until) const {
  Samples shared;
  for (auto chunk = std::ranges::upper_bound(full_, after, {}, end_of);
       chunk != full_.end() && (*chunk)->first_time <= until; ++chunk) {
    shared.full_.push_back(*chunk);
  }
  const Chunk* const open = open_.chunk();
  if (open != nullptr && open->first_time <= until && open->last_time() > after) {
    shared.open_ = open_.copy();
  }
  return shared;
}

std::size_t Samples::count() const {
  std::size_t sum = open_.chunk() == nullptr ? 0 : open_.chunk()->count;
  for (const ChunkRef& chunk : full_) sum += chunk->count;
  return sum;
}

std::size_t Samples::bytes() const {
  std::size_t sum = open_.chunk() == nullptr ? 0 : allocated_for(open_.reserved());
  if (full_.capacity() != 0) sum += allocated_for(full_.capacity() * sizeof(ChunkRef));
  for (const ChunkRef& chunk : full_) sum += allocated_for(chunk->size());
  return sum;
}

}  // namespace hitwatch::window
