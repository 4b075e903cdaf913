#include "collectors/tap/packets/packet_ring.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "collectors/tap/packets/interface.h"

namespace hitwatch::packets {
namespace {

constexpr std::size_t kBlockSize = 1U << 20;  // several of the largest packets
constexpr std::size_t kMostBlocks = 4095;     // of this size: the kernel reckons in 32 bits
// After so long the kernel hands over a block that has but one packet. When all blocks are handed
// over it drops packets, so a ring of 64 blocks spans three seconds of a reader that is kept from
// it, at any rate that does not fill it. Shorter, and a busy machine would lose packets of hardly
// any traffic; longer, and reports would lag. Packets have the time at which they came.
constexpr unsigned kRetireMilliseconds = 50;
// Only for the kernel's own reckoning; in this version of the ring frames are as long as they are.
constexpr unsigned kNominalFrame = 2048;

template <typename Value>
bool set_packet_option(int socket, int option, const Value& value) {
  return ::setsockopt(socket, SOL_PACKET, option, &value, sizeof(value)) == 0;
}

std::string socket_failure(int error) {
  if (error == EPERM || error == EACCES) {
    return "capturing packets needs CAP_NET_RAW: `setcap cap_net_raw+ep` on the program,"
           " AmbientCapabilities=CAP_NET_RAW in its systemd unit, or to be run as root";
  }
  return fmt::format("no socket for packets: {}", std::strerror(error));
}

std::string ring_failure(int error, std::size_t bytes) {
  if (error == ENOMEM) {
    return fmt::format("no memory for a ring of {} MiB of packets: use a smaller one", bytes >> 20);
  }
  return fmt::format("no ring of packets: {}", std::strerror(error));
}

bool attach_filter(int socket, const PortFilter& filter, LinkType link, std::uint32_t snaplen) {
  std::vector<sock_filter> program = compile(filter, link == LinkType::kEthernet, snaplen);
  const sock_fprog attached{.len = static_cast<unsigned short>(program.size()),
                            .filter = program.data()};
  return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof(attached)) == 0;
}

}  // namespace

class PacketRing::Impl {
 public:
  Impl(Options given, PortFilter first_filter)
      : options(std::move(given)), filter(std::move(first_filter)) {}
  ~Impl() {
    if (memory != MAP_FAILED) ::munmap(memory, blocks * kBlockSize);
    if (socket >= 0) ::close(socket);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::expected<void, std::string> set_up();
  std::expected<void, std::string> bind();
  // What an interface that was bound went down with, which would keep the socket ready for ever.
  void clear_error() const {
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  }

  tpacket_block_desc* block(std::size_t index) const {
    return reinterpret_cast<tpacket_block_desc*>(static_cast<char*>(memory) + index * kBlockSize);
  }
  std::atomic_ref<std::uint32_t> status(std::size_t index) const {
    return std::atomic_ref<std::uint32_t>(block(index)->hdr.bh1.block_status);
  }

  Options options;
  PortFilter filter;
  int socket = -1;
  int interface_index = 0;
  LinkType link = LinkType::kEthernet;
  void* memory = MAP_FAILED;
  std::size_t blocks = 0;
  std::size_t next = 0;  // the block to take
  Statistics statistics;
};

// The socket has no protocol, so nothing comes before it is bound.
std::expected<void, std::string> PacketRing::Impl::set_up() {
  socket = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (socket < 0) return std::unexpected(socket_failure(errno));
  blocks = std::max<std::size_t>(1, options.bytes / kBlockSize + (options.bytes % kBlockSize != 0));
  if (blocks > kMostBlocks) {
    return std::unexpected(fmt::format("a ring of packets has at most {} MiB", kMostBlocks));
  }
  tpacket_req3 request{};
  request.tp_block_size = kBlockSize;
  request.tp_block_nr = static_cast<unsigned>(blocks);
  request.tp_frame_size = kNominalFrame;
  request.tp_frame_nr = static_cast<unsigned>(blocks * (kBlockSize / kNominalFrame));
  request.tp_retire_blk_tov = kRetireMilliseconds;
  if (!attach_filter(socket, filter, link, options.snaplen) ||
      !set_packet_option(socket, PACKET_VERSION, static_cast<int>(TPACKET_V3)) ||
      !set_packet_option(socket, PACKET_RX_RING, request)) {
    return std::unexpected(ring_failure(errno, blocks * kBlockSize));
  }
  memory = ::mmap(nullptr, blocks * kBlockSize, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
  if (memory == MAP_FAILED) return std::unexpected(ring_failure(errno, blocks * kBlockSize));
  return {};
}

std::expected<void, std::string> PacketRing::Impl::bind() {
  clear_error();
  const auto found = find_interface(socket, options.interface);
  if (!found) return std::unexpected(found.error());
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = found->index;
  if (!attach_filter(socket, filter, found->link, options.snaplen) ||
      !set_packet_option(socket, PACKET_IGNORE_OUTGOING, found->is_loopback ? 1 : 0) ||
      ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return std::unexpected(
        fmt::format("cannot capture at {}: {}", options.interface, std::strerror(errno)));
  }
  interface_index = found->index;
  link = found->link;
  return {};
}

PacketRing::PacketRing(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PacketRing::~PacketRing() = default;

std::expected<std::unique_ptr<PacketRing>, std::string> PacketRing::open(const Options& options,
                                                                         const PortFilter& filter) {
  auto impl = std::make_unique<Impl>(options, filter);
  if (auto done = impl->set_up(); !done) return std::unexpected(std::move(done.error()));
  return std::unique_ptr<PacketRing>(new PacketRing(std::move(impl)));
}

int PacketRing::descriptor() const { return impl_->socket; }
const std::string& PacketRing::interface() const { return impl_->options.interface; }
std::expected<void, std::string> PacketRing::bind() { return impl_->bind(); }

std::expected<void, std::string> PacketRing::set_filter(const PortFilter& filter) {
  if (!attach_filter(impl_->socket, filter, impl_->link, impl_->options.snaplen)) {
    return std::unexpected(
        fmt::format("cannot filter packets at {}: {}", interface(), std::strerror(errno)));
  }
  impl_->filter = filter;
  return {};
}

std::optional<PacketRing::Block> PacketRing::take() {
  const std::uint32_t status = impl_->status(impl_->next).load(std::memory_order_acquire);
  if ((status & TP_STATUS_USER) == 0) return std::nullopt;
  return Block(*this, impl_->next);
}

// Reading them sets the kernel's counters to 0. Its number of packets contains those it dropped.
PacketRing::Statistics PacketRing::statistics() {
  tpacket_stats_v3 counted{};
  socklen_t size = sizeof(counted);
  if (::getsockopt(impl_->socket, SOL_PACKET, PACKET_STATISTICS, &counted, &size) == 0) {
    impl_->statistics.packets += counted.tp_packets - counted.tp_drops;
    impl_->statistics.dropped += counted.tp_drops;
  }
  return impl_->statistics;
}

bool PacketRing::is_up() const {
  impl_->clear_error();
  return impl_->interface_index != 0 && is_interface_up(impl_->socket, impl_->interface_index);
}

PacketRing::Block::Block(PacketRing& ring, std::size_t index) : ring_(&ring), index_(index) {
  const tpacket_block_desc* block = ring.impl_->block(index);
  left_ = block->hdr.bh1.num_pkts;
  at_ = reinterpret_cast<const std::uint8_t*>(block) + block->hdr.bh1.offset_to_first_pkt;
}

PacketRing::Block::Block(Block&& other) noexcept
    : ring_(std::exchange(other.ring_, nullptr)),
      index_(other.index_),
      left_(other.left_),
      at_(other.at_) {}

PacketRing::Block::~Block() {
  if (ring_ == nullptr) return;
  Impl& impl = *ring_->impl_;
  impl.status(index_).store(TP_STATUS_KERNEL, std::memory_order_release);
  impl.next = (index_ + 1) % impl.blocks;
}

bool PacketRing::Block::next(Frame& frame) {
  if (left_ == 0) return false;
  constexpr Time kSecond = 1'000'000'000;
  const auto* header = reinterpret_cast<const tpacket3_hdr*>(at_);
  frame.link = ring_->impl_->link;
  frame.bytes = {reinterpret_cast<const char*>(at_) + header->tp_mac, header->tp_snaplen};
  frame.wire_length = header->tp_len;
  frame.time = static_cast<Time>(header->tp_sec) * kSecond + header->tp_nsec;
  --left_;
  at_ += header->tp_next_offset;
  return true;
}

}  // namespace hitwatch::packets
