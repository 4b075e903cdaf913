#include "collectors/tap/tally.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "collectors/lookups/space_saving.h"
#include "collectors/tap/big_values.h"
#include "collectors/tap/group_figures.h"
#include "collectors/tap/named_figures.h"
#include "collectors/tap/pattern_rows.h"
#include "collectors/tap/server_table.h"
#include "collectors/tap/shapes.h"
#include "collectors/tap/store_feed.h"

namespace hitwatch::tap {
namespace {

constexpr std::size_t kHeavyPlaces = 1000;
constexpr std::size_t kLongestLibrary = 64;
constexpr double kSecondsPerNanosecond = 1e-9;

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  for (char& each : small) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  }
  return small;
}

// The time it takes a server to send elsewhere is not that of a lookup.
bool has_latency(const resp::Exchange& exchange) {
  return exchange.latency >= 0 && exchange.error != resp::ReplyError::kRedirected;
}

std::vector<Heavy> heaviest(const lookups::SpaceSaving& sketch) {
  std::vector<Heavy> all;
  for (lookups::SpaceSaving::Entry& entry : sketch.heaviest(kMaxHeavy)) {
    all.push_back({.name = std::move(entry.name),
                   .count = static_cast<std::uint64_t>(entry.count),
                   .error = static_cast<std::uint64_t>(entry.error)});
  }
  return all;
}

template <typename Rows>
void put_busiest_first(Rows& rows) {
  std::ranges::stable_sort(rows, std::greater(),
                           [](const auto& row) { return row.figures.commands; });
}

}  // namespace

class Tally::Impl {
 public:
  Impl(std::vector<keys::Rule> rules, lookups::Store* store)
      : patterns_(std::move(rules)), feed_(store) {}

  void exchange(const resp::Exchange& exchange) {
    const Figures figures = figures_of(exchange);
    servers_.count(exchange, figures);
    if (exchange.peer->is_ours) return;
    ++number_;
    if (first_ == 0) first_ = exchange.time;
    last_ = std::max(last_, exchange.time);
    total_ += figures;
    client(*exchange.peer) += figures;
    // What no server knows should not use up the names that are told.
    const bool is_nonsense =
        exchange.command->name.empty() && exchange.error == resp::ReplyError::kRefused;
    const std::string_view name = is_nonsense ? "?" : exchange.name;
    OperationFigures& operation = operations_[name];
    if (operation.label.empty()) operation.label = label_of(operation, name);
    operation.figures += figures;
    if (has_latency(exchange)) count_latency(operation.latencies, exchange.latency);
    bool is_first = true;
    for (const resp::KeyUse& use : exchange.keys) {
      count_key(exchange, use, operation.label, std::exchange(is_first, false));
    }
    feed_.end_exchange();
  }

  void flush() { feed_.flush(); }
  void configure(std::vector<keys::Rule> rules) { patterns_.configure(std::move(rules)); }

  void report(Report& report) const {
    report.counters.servers = servers_.all();
    report.total = total_;
    report.proposed = !patterns_.has_rules();
    report.rows = patterns_.has_rules() ? patterns_.rows() : shapes_.rows();
    report.operations.clear();
    operations_.visit([&](std::string_view name, const OperationFigures& each) {
      if (each.figures.commands == 0) return;
      report.operations.push_back(
          {.operation = std::string(name), .figures = each.figures, .latencies = each.latencies});
    });
    report_clients(report);
    put_busiest_first(report.rows);
    put_busiest_first(report.operations);
    put_busiest_first(report.clients);
    report.hot_keys = heaviest(hot_keys_);
    report.hot_tenants = heaviest(hot_tenants_);
    report.big_values = big_values_.largest();
    report.first = first_;
    report.last = last_;
  }

  const std::vector<ServerFigures>& servers() const { return servers_.all(); }

 private:
  struct OperationFigures {
    Figures figures;
    Latencies latencies{};
    std::string label;  // as the store's series name it: in small letters
  };

  std::string label_of(const OperationFigures& operation, std::string_view name) const {
    return operations_.is_overflow(operation) ? "overflow" : in_small_letters(name);
  }

  // By address and library; neither holds the other's bytes, since addresses are of one length.
  Figures& client(const resp::Peer& peer) {
    constexpr std::size_t kAddress = sizeof peer.client.address.bytes;
    const std::string_view library = peer.library.substr(0, kLongestLibrary);
    std::array<char, kAddress + kLongestLibrary> name{};
    std::memcpy(name.data(), peer.client.address.bytes.data(), kAddress);
    std::ranges::copy(library, name.data() + kAddress);
    return clients_[std::string_view(name.data(), kAddress + library.size())];
  }

  void report_clients(Report& report) const {
    report.clients.clear();
    clients_.visit([&](std::string_view name, const Figures& figures) {
      if (figures.commands == 0) return;
      ClientRow row{.address = std::string(name), .library = {}, .figures = figures};
      packets::Address address;
      if (!clients_.is_overflow(figures)) {
        std::memcpy(address.bytes.data(), name.data(), address.bytes.size());
        row.address = packets::to_string(address);
        row.library = name.substr(address.bytes.size());
      }
      report.clients.push_back(std::move(row));
    });
  }

  void count_key(const resp::Exchange& exchange, const resp::KeyUse& use,
                 std::string_view operation, bool is_first) {
    hot_keys_.add(use.key, 1);
    big_values_.take(use.key, exchange.name, std::max(use.bytes_in, use.bytes_out));
    lookups::Subject subject{.operation = operation};
    GroupFigures& group = classify(use.key, subject);
    group.count(use, number_);
    const bool has_error = is_first && is_error(exchange);
    const bool is_timed = is_first && has_latency(exchange);
    if (has_error) ++group.figures.errors;
    if (is_timed) count_latency(group.latencies, exchange.latency);
    const bool tells_anything =
        has_error || is_timed || use.hits + use.misses > 0 || use.bytes_in + use.bytes_out > 0;
    if (!tells_anything) return;
    feed_.take(subject,
               {.hits = static_cast<double>(use.hits),
                .misses = static_cast<double>(use.misses),
                .errors = has_error ? 1.0 : 0.0,
                .seconds = is_timed ? std::optional(seconds_of(exchange.latency)) : std::nullopt,
                .bytes_in = static_cast<double>(use.bytes_in),
                .bytes_out = static_cast<double>(use.bytes_out)});
  }

  static double seconds_of(packets::Time latency) {
    return std::min(static_cast<double>(latency) * kSecondsPerNanosecond, lookups::kMaxSeconds);
  }

  // Completes what the store is told of a key.
  GroupFigures& classify(std::string_view key, lookups::Subject& subject) {
    if (!patterns_.has_rules()) {
      subject.key = key;
      return shapes_.of(key);
    }
    const PatternRows::Found found = patterns_.find(key);
    if (!found.match || found.match.tenant_missing) {
      subject.key = key;
    } else {
      subject.tenant = found.match.tenant;
      subject.type = found.match.type;
    }
    if (!found.match.tenant.empty()) hot_tenants_.add(found.match.tenant, 1);
    return found.group;
  }

  PatternRows patterns_;
  Shapes shapes_;
  StoreFeed feed_;
  ServerTable servers_;
  NamedFigures<OperationFigures> operations_{kMaxOperations};
  NamedFigures<Figures> clients_{kMaxClients};
  lookups::SpaceSaving hot_keys_{kHeavyPlaces};
  lookups::SpaceSaving hot_tenants_{kHeavyPlaces};
  BigValues big_values_;
  Figures total_;
  std::uint64_t number_ = 0;  // of the exchange
  packets::Time first_ = 0;
  packets::Time last_ = 0;
};

Tally::Tally(std::vector<keys::Rule> rules, lookups::Store* store)
    : impl_(std::make_unique<Impl>(std::move(rules), store)) {}

Tally::~Tally() = default;

void Tally::exchange(const resp::Exchange& exchange) { impl_->exchange(exchange); }

void Tally::flush() { impl_->flush(); }

void Tally::configure(std::vector<keys::Rule> rules) { impl_->configure(std::move(rules)); }

void Tally::report(Report& report) const { impl_->report(report); }

const std::vector<ServerFigures>& Tally::servers() const { return impl_->servers(); }

}  // namespace hitwatch::tap
