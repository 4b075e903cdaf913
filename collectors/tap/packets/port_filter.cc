// A filter's program reads both ports of a frame into its scratch memory, by way of whatever
// headers there are, and goes on to one common part that decides. The machine has no calls and its
// conditional jumps reach 255 instructions forward: that is why the parts before are in line, one
// for each place where an IP header may begin, and why the common part stands at the end.
#include "collectors/tap/packets/port_filter.h"

#include <algorithm>
#include <limits>
#include <span>

namespace hitwatch::packets {
namespace {

using Program = std::vector<sock_filter>;

constexpr std::uint32_t kEtherIpv4 = 0x0800;
constexpr std::uint32_t kEtherIpv6 = 0x86dd;
constexpr std::uint32_t kProtocolTcp = 6;

// Scratch memory.
constexpr std::uint32_t kSourcePort = 0;
constexpr std::uint32_t kDestinationPort = 1;
constexpr std::uint32_t kNextHeader = 2;

// Stands for the distance to the common part until that is known.
constexpr std::uint32_t kToDecision = std::numeric_limits<std::uint32_t>::max();

// Consecutive ports, which is how a host gives them to its connections, spread evenly by a
// multiplication with 2^32 divided by the golden ratio.
constexpr std::uint32_t kGolden = 0x9e3779b1;

std::uint32_t last_chosen(std::uint32_t one_of) {
  return std::numeric_limits<std::uint32_t>::max() / std::max(one_of, 1U);
}

std::span<const std::uint16_t> bounded(const std::vector<std::uint16_t>& ports) {
  return std::span(ports).first(std::min(ports.size(), PortFilter::kMaxPorts));
}

sock_filter statement(unsigned code, std::uint32_t value) {
  return {.code = static_cast<std::uint16_t>(code), .jt = 0, .jf = 0, .k = value};
}
sock_filter jump(unsigned condition, std::uint32_t value, std::size_t if_true,
                 std::size_t if_false) {
  return {.code = static_cast<std::uint16_t>(BPF_JMP | BPF_K | condition),
          .jt = static_cast<std::uint8_t>(if_true),
          .jf = static_cast<std::uint8_t>(if_false),
          .k = value};
}
sock_filter load_byte(std::uint32_t at) { return statement(BPF_LD | BPF_B | BPF_ABS, at); }
sock_filter load_word(std::uint32_t at) { return statement(BPF_LD | BPF_H | BPF_ABS, at); }
sock_filter load_byte_behind_x(std::uint32_t at) { return statement(BPF_LD | BPF_B | BPF_IND, at); }
sock_filter load_word_behind_x(std::uint32_t at) { return statement(BPF_LD | BPF_H | BPF_IND, at); }
sock_filter load(std::uint32_t cell) { return statement(BPF_LD | BPF_MEM, cell); }
sock_filter store(std::uint32_t cell) { return statement(BPF_ST, cell); }
sock_filter go(std::uint32_t distance) { return statement(BPF_JMP | BPF_JA, distance); }
sock_filter give(std::uint32_t bytes) { return statement(BPF_RET | BPF_K, bytes); }
sock_filter refuse() { return give(0); }

void append(Program& program, const Program& more) {
  program.insert(program.end(), more.begin(), more.end());
}

// `then`, which never falls through, if the accumulator is `value`.
void append_if_equal(Program& program, std::uint32_t value, const Program& then) {
  program.push_back(jump(BPF_JEQ, value, 1, 0));
  program.push_back(go(static_cast<std::uint32_t>(then.size())));
  append(program, then);
}

// X is where the TCP header begins, behind `at`.
Program read_ports(std::uint32_t at) {
  return {load_word_behind_x(at), store(kSourcePort), load_word_behind_x(at + 2),
          store(kDestinationPort), go(kToDecision)};
}

// An IPv4 header begins at `at`.
Program ipv4(std::uint32_t at) {
  constexpr std::uint32_t kOffset = 0x1fff;
  Program program{load_byte(at + 9),
                  jump(BPF_JEQ, kProtocolTcp, 1, 0),
                  refuse(),
                  load_word(at + 6),
                  jump(BPF_JSET, kOffset, 0, 1),
                  refuse(),
                  statement(BPF_LDX | BPF_B | BPF_MSH, at)};
  append(program, read_ports(at));
  return program;
}

// The accumulator is the number of the header that begins X bytes behind `at`; if that is an
// extension header, goes on to what follows it.
Program skip_extension(std::uint32_t at) {
  constexpr std::uint32_t kHopByHopOptions = 0;
  constexpr std::uint32_t kRoutingHeader = 43;
  constexpr std::uint32_t kFragmentOf = 44;
  constexpr std::uint32_t kDestinationOptions = 60;
  constexpr std::uint32_t kOffset = 0xfff8;
  const Program fragment{
      load_word_behind_x(at + 2), jump(BPF_JSET, kOffset, 0, 1),  refuse(), load_byte_behind_x(at),
      store(kNextHeader),         statement(BPF_LD | BPF_IMM, 8), go(5)};
  const Program other{load_byte_behind_x(at), store(kNextHeader), load_byte_behind_x(at + 1),
                      statement(BPF_ALU | BPF_ADD | BPF_K, 1),
                      statement(BPF_ALU | BPF_LSH | BPF_K, 3)};
  const Program go_on{statement(BPF_ALU | BPF_ADD | BPF_X, 0), statement(BPF_MISC | BPF_TAX, 0),
                      load(kNextHeader)};
  const std::size_t to_other = fragment.size();
  const std::size_t behind = to_other + other.size() + go_on.size();
  Program program{jump(BPF_JEQ, kProtocolTcp, behind + 5, 0),
                  jump(BPF_JEQ, kFragmentOf, 4, 0),
                  jump(BPF_JEQ, kHopByHopOptions, to_other + 3, 0),
                  jump(BPF_JEQ, kRoutingHeader, to_other + 2, 0),
                  jump(BPF_JEQ, kDestinationOptions, to_other + 1, 0),
                  refuse()};
  append(program, fragment);
  append(program, other);
  append(program, go_on);
  return program;
}

// An IPv6 header begins at `at`; two extension headers may follow it, which is more than is seen.
Program ipv6(std::uint32_t at) {
  constexpr std::uint32_t kHeader = 40;
  Program program{statement(BPF_LDX | BPF_IMM, 0), load_byte(at + 6)};
  append(program, skip_extension(at + kHeader));
  append(program, skip_extension(at + kHeader));
  program.push_back(jump(BPF_JEQ, kProtocolTcp, 1, 0));
  program.push_back(refuse());
  append(program, read_ports(at + kHeader));
  return program;
}

// IPv6 if the accumulator is `value`, else nothing.
void append_last(Program& program, std::uint32_t value, std::uint32_t ipv6_at) {
  append(program, {jump(BPF_JEQ, value, 1, 0), refuse()});
  append(program, ipv6(ipv6_at));
}

// An EtherType is at `at`, and so many VLAN tags may follow. Ends with a jump to the common part,
// as a program has to: the kernel refuses one that could run into a load of what is not stored,
// and does not see that nothing runs on from a return.
Program typed(std::uint32_t at, int tags) {
  Program program{load_word(at)};
  append_if_equal(program, kEtherIpv4, ipv4(at + 2));
  if (tags == 0) {
    append_last(program, kEtherIpv6, at + 2);
    return program;
  }
  append_if_equal(program, kEtherIpv6, ipv6(at + 2));
  append(program, {jump(BPF_JEQ, 0x8100, 3, 0), jump(BPF_JEQ, 0x88a8, 2, 0),
                   jump(BPF_JEQ, 0x9100, 1, 0), refuse()});
  append(program, typed(at + 4, tags - 1));
  return program;
}

Program without_link() {
  Program program{load_byte(0), statement(BPF_ALU | BPF_AND | BPF_K, 0xf0)};
  append_if_equal(program, 0x40, ipv4(0));
  append_last(program, 0x60, 0);
  return program;
}

// Jumps over `distance` instructions behind these if the accumulator is one of the ports.
Program skip_if_port(std::span<const std::uint16_t> ports, std::size_t distance) {
  Program program;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    program.push_back(jump(BPF_JEQ, ports[i], ports.size() - 1 - i + distance, 0));
  }
  return program;
}

// The common part: the ports stand in the scratch memory.
Program decide(const PortFilter& filter, std::uint32_t snaplen) {
  const auto ports = bounded(filter.ports);
  const Program sample{statement(BPF_ALU | BPF_MUL | BPF_K, kGolden),
                       jump(BPF_JGT, last_chosen(filter.one_of), 0, 1), refuse(), give(snaplen)};
  // From a server's port: to another one's, or to the client's.
  Program from_server{load(kDestinationPort)};
  append(from_server, skip_if_port(ports, sample.size() - 1));
  append(from_server, sample);
  // To a server's port only.
  Program to_server{load(kSourcePort)};
  append(to_server, sample);

  Program others{load(kDestinationPort)};
  append(others, skip_if_port(ports, 1));
  others.push_back(refuse());
  append(others, to_server);

  Program program{load(kSourcePort)};
  append(program, skip_if_port(ports, others.size()));
  append(program, others);
  append(program, from_server);
  return program;
}

}  // namespace

bool PortFilter::is_server(std::uint16_t port) const {
  return std::ranges::find(bounded(ports), port) != bounded(ports).end();
}

bool PortFilter::admits(const Segment& segment) const {
  const bool from_server = is_server(segment.source.port);
  const bool to_server = is_server(segment.destination.port);
  if (from_server == to_server) return from_server;
  const std::uint32_t client = from_server ? segment.destination.port : segment.source.port;
  return client * kGolden <= last_chosen(one_of);
}

std::vector<sock_filter> compile(const PortFilter& filter, bool has_ethernet_header,
                                 std::uint32_t snaplen) {
  constexpr int kMostTags = 2;
  Program program = has_ethernet_header ? typed(12, kMostTags) : without_link();
  const std::size_t decision = program.size();
  for (std::size_t i = 0; i < decision; ++i) {
    if (program[i].code == (BPF_JMP | BPF_JA) && program[i].k == kToDecision) {
      program[i].k = static_cast<std::uint32_t>(decision - i - 1);
    }
  }
  append(program, decide(filter, snaplen));
  return program;
}

}  // namespace hitwatch::packets
