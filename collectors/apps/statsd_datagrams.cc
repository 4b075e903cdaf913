#include "collectors/apps/statsd_datagrams.h"

#include <cstring>
#include <utility>

namespace hitwatch::apps {
namespace {

// So many batches before the other sockets have their turn.
constexpr int kBatchesPerTurn = 16;

}  // namespace

DatagramBatch::DatagramBatch() : rooms_(new std::array<Room, kDatagrams>) {
  for (std::size_t i = 0; i < kDatagrams; ++i) {
    pieces_[i] = {.iov_base = (*rooms_)[i].bytes.data(), .iov_len = (*rooms_)[i].bytes.size()};
    messages_[i] = {};
    messages_[i].msg_hdr.msg_iov = &pieces_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_control = controls_[i].bytes.data();
  }
}

int DatagramBatch::receive(int socket) {
  for (mmsghdr& message : messages_) {  // the kernel has left the length of the last one
    message.msg_hdr.msg_controllen = sizeof(Control);
  }
  const int received = recvmmsg(socket, messages_.data(), kDatagrams, MSG_DONTWAIT, nullptr);
  return received < 0 ? 0 : received;
}

std::string_view DatagramBatch::text(int index) const {
  const auto i = static_cast<std::size_t>(index);
  return {(*rooms_)[i].bytes.data(), messages_[i].msg_len};
}

bool DatagramBatch::is_cut(int index) const {
  return (messages_[static_cast<std::size_t>(index)].msg_hdr.msg_flags & MSG_TRUNC) != 0;
}

std::optional<std::uint32_t> DatagramBatch::dropped(int index) {
  msghdr& header = messages_[static_cast<std::size_t>(index)].msg_hdr;
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SO_RXQ_OVFL) continue;
    std::uint32_t total = 0;
    std::memcpy(&total, CMSG_DATA(each), sizeof total);
    return total;
  }
  return std::nullopt;
}

StatsdDatagrams::StatsdDatagrams(DatagramSocket socket, DatagramBatch& batch, StatsdIntake& intake,
                                 DatagramCounters& counters)
    : socket_(std::move(socket)), batch_(batch), intake_(intake), counters_(counters) {}

void StatsdDatagrams::wait() {
  socket_.async_wait(DatagramSocket::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    receive();
    wait();
  });
}

void StatsdDatagrams::receive() {
  for (int i = 0; i < kBatchesPerTurn; ++i) {
    const int datagrams = batch_.receive(socket_.native_handle());
    if (datagrams == 0) return;
    take(datagrams);
    if (datagrams < DatagramBatch::kDatagrams) return;
  }
}

void StatsdDatagrams::take(int datagrams) {
  counters_.received += static_cast<std::uint64_t>(datagrams);
  for (int next = 0; next < datagrams;) {
    intake_.take([&](StatsdCounting& counting, StatsdNames& names, auto& recorder) {
      for (std::size_t bytes = 0; next < datagrams && bytes < StatsdIntake::kBytesPerRecorder;
           ++next) {
        std::string_view text = batch_.text(next);
        bytes += text.size();
        if (batch_.is_cut(next)) {
          text = text.substr(0, text.rfind('\n') + 1);
          counting.reject_line(Rejection::kTooLong);
        }
        counting.take_lines(text, names, recorder);
      }
    });
  }
  // The number only grows: the last datagram knows most.
  if (const auto total = batch_.dropped(datagrams - 1)) count_dropped(*total);
}

void StatsdDatagrams::count_dropped(std::uint32_t total) {
  counters_.dropped += static_cast<std::uint32_t>(total - dropped_);
  dropped_ = total;
}

}  // namespace hitwatch::apps
