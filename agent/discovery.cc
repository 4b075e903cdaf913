#include "agent/discovery.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <map>
#include <utility>

#include "collectors/topology/cluster_watch.h"
#include "collectors/topology/sentinel_watch.h"

namespace hitwatch {
namespace {

namespace asio = boost::asio;

constexpr metrics::Description kTargets = {
    "hitwatch_discovery_targets", metrics::Type::kGauge,
    "Servers that a source of targets, sentinels or a cluster, has named.", "source",
    "targets with sentinel or cluster"};
constexpr metrics::Description kAge = {
    "hitwatch_discovery_age_seconds", metrics::Type::kGauge,
    "Time since a sentinel or node last answered which servers there are; before the first answer, "
    "since the source was configured.",
    "source", "targets with sentinel or cluster"};
constexpr metrics::Description kFailures = {"hitwatch_discovery_failures_total",
                                            metrics::Type::kCounter,
                                            "Looks for servers that no sentinel or node answered.",
                                            "source", "targets with sentinel or cluster"};

std::string source_name(const SourceOptions& options) {
  if (const auto* sentinel = std::get_if<topology::SentinelOptions>(&options)) {
    return "sentinel:" + sentinel->urls.front().address();
  }
  return "cluster:" + std::get<topology::ClusterOptions>(options).name;
}

// Whether one may be the other, edited.
bool is_akin(const SourceOptions& a, const SourceOptions& b) {
  if (a.index() != b.index()) return false;
  if (source_name(a) == source_name(b)) return true;
  const auto urls = [](const SourceOptions& options) -> const std::vector<net::RedisUrl>& {
    return std::visit([](const auto& of) -> const auto& { return of.urls; }, options);
  };
  return std::ranges::any_of(urls(a), [&](const net::RedisUrl& url) {
    return std::ranges::find(urls(b), url.address(), &net::RedisUrl::address) != urls(b).end();
  });
}

// As long as nobody has answered, it is not known whether those that had failed still have.
std::shared_ptr<const topology::Outcome> without_failures(
    const std::shared_ptr<const topology::Outcome>& outcome) {
  if (outcome == nullptr) return nullptr;
  auto kept = std::make_shared<topology::Outcome>(*outcome);
  for (redis::Target& target : kept->targets) target.place.failed.clear();
  return kept;
}

topology::Observed observed(const redis::TargetState& state) {
  topology::Observed result;
  result.up = state.up;
  if (!state.up) return result;
  result.role = state.role;
  result.run_id = state.run_id;
  result.cluster_epoch = state.cluster_epoch;
  result.cluster_slots_ok = state.cluster_slots_ok;
  result.cluster_nodes = state.cluster_nodes;
  result.keys = state.keys;
  result.used_memory = state.used_memory;
  result.ops_per_second = state.ops_per_second;
  return result;
}

// Adds the samples of `more` to families of the same name.
void merge(std::vector<prometheus::MetricFamily>& families,
           const std::vector<prometheus::MetricFamily>& more) {
  for (const prometheus::MetricFamily& family : more) {
    const auto same = std::ranges::find(families, family.name, &prometheus::MetricFamily::name);
    if (same == families.end()) {
      families.push_back(family);
    } else {
      same->metric.insert(same->metric.end(), family.metric.begin(), family.metric.end());
    }
  }
}

// Two sources without labels of their own may watch masters of the same name: what both tell is one
// series, of counters the sum, of gauges the larger.
void join_same_series(prometheus::MetricFamily& family) {
  std::map<std::vector<prometheus::ClientMetric::Label>, std::size_t> known;
  std::vector<prometheus::ClientMetric> joined;
  for (prometheus::ClientMetric& metric : family.metric) {
    const auto [at, is_new] = known.emplace(metric.label, joined.size());
    if (is_new) {
      joined.push_back(std::move(metric));
    } else {
      prometheus::ClientMetric& same = joined[at->second];
      same.counter.value += metric.counter.value;
      same.gauge.value = std::max(same.gauge.value, metric.gauge.value);
    }
  }
  family.metric = std::move(joined);
}

prometheus::ClientMetric& add_of(prometheus::MetricFamily& family, const std::string& source,
                                 double value) {
  prometheus::ClientMetric& metric = metrics::add_sample(family, value);
  metric.label.push_back({"source", source});
  return metric;
}

}  // namespace

Discovery::Discovery(Parts parts) : parts_(std::move(parts)) {}

std::shared_ptr<topology::Watch> make_watch(topology::Surroundings surroundings,
                                            const SourceOptions& options,
                                            const topology::Pace& pace) {
  if (const auto* sentinel = std::get_if<topology::SentinelOptions>(&options)) {
    return std::make_shared<topology::SentinelWatch>(std::move(surroundings), *sentinel, pace);
  }
  return std::make_shared<topology::ClusterWatch>(
      std::move(surroundings), std::get<topology::ClusterOptions>(options), pace);
}

void Discovery::configure(const config::Config& config) {
  const topology::Pace pace{config.poll.interval, config.poll.timeout};
  {
    const std::scoped_lock lock(mutex_);
    credentials_ = config.credentials;
    shard_ = config.shard;
  }
  std::vector<SourceOptions> wanted(config.sentinels.begin(), config.sentinels.end());
  wanted.insert(wanted.end(), config.clusters.begin(), config.clusters.end());
  Sources former = sources();
  Sources next;
  // Those that stay are found first: a changed one may be akin to one of them.
  for (const SourceOptions& options : wanted) {
    next.push_back(take(former, [&](const Source& source) { return source.options == options; }));
    if (next.back() == nullptr) continue;
    asio::post(parts_.loop, [source = next.back(), pace] { source->watch->set_pace(pace); });
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (next[i] != nullptr) continue;
    const auto predecessor =
        take(former, [&](const Source& source) { return is_akin(source.options, wanted[i]); });
    next[i] = make_source(std::move(wanted[i]), predecessor, pace);
  }
  for (const std::shared_ptr<Source>& source : former) {
    asio::post(parts_.loop, [source] { source->watch->stop(); });
  }
  const std::scoped_lock lock(mutex_);
  sources_ = std::move(next);
}

std::shared_ptr<Discovery::Source> Discovery::take(
    Sources& former, const std::function<bool(const Source&)>& is_wanted) {
  const auto found = std::ranges::find_if(
      former, [&](const std::shared_ptr<Source>& source) { return is_wanted(*source); });
  if (found == former.end()) return nullptr;
  auto taken = std::move(*found);
  former.erase(found);
  return taken;
}

std::shared_ptr<Discovery::Source> Discovery::make_source(
    SourceOptions options, const std::shared_ptr<Source>& predecessor, const topology::Pace& pace) {
  auto source = std::make_shared<Source>();
  source->name = source_name(options);
  source->options = std::move(options);
  if (predecessor != nullptr) {
    source->since = predecessor->since;
    source->former = without_failures(outcome_of(*predecessor));
  }
  topology::Surroundings surroundings{
      .executor = parts_.loop,
      .resolver = parts_.resolver,
      .tls_contexts = parts_.tls_contexts,
      .log = parts_.log,
      .changed =
          [this, weak = std::weak_ptr<Source>(source)] {
            if (const auto changed = weak.lock()) look_at(*changed);
          },
      .happened =
          [this, weak = std::weak_ptr<Source>(source)](topology::Event event) {
            if (const auto telling = weak.lock()) tell(*telling, std::move(event));
          },
      .poll_now =
          [this, weak = std::weak_ptr<Source>(source)](std::vector<std::string> names) {
            if (const auto telling = weak.lock()) poll_now(*telling, std::move(names));
          },
      .add_credentials = [this](redis::Target& target) { add_credentials(target); },
      .former = source->former};
  source->watch = parts_.make_watch(std::move(surroundings), source->options, pace);
  asio::post(parts_.loop, [this, source, predecessor] {
    if (predecessor != nullptr) {
      predecessor->watch->stop();
      source->lost_before = predecessor->lost ? predecessor->lost : predecessor->lost_before;
    }
    look_at(*source);
    source->watch->start();
  });
  return source;
}

std::shared_ptr<const topology::Outcome> Discovery::outcome_of(const Source& source) {
  auto latest = source.watch->latest();
  if (source.former == nullptr || (latest != nullptr && latest->answered)) return latest;
  return source.former;
}

// Most outcomes have new figures and the same servers.
void Discovery::look_at(Source& source) {
  tell_return(source);
  const auto outcome = outcome_of(source);
  if (outcome == nullptr || outcome->targets == source.told) return;
  source.told = outcome->targets;
  source.name_at.clear();
  source.address_of.clear();
  for (const redis::Target& target : source.told) {
    source.name_at.emplace(target.url.address(), target.name());
    source.address_of.emplace(target.name(), target.url.address());
  }
  parts_.changed();
}

void Discovery::poll_now(const Source& source, std::vector<std::string> names) const {
  for (std::string& name : names) {
    const auto known = source.address_of.find(name);
    if (known != source.address_of.end()) name = known->second;
  }
  parts_.poll_now(std::move(names));
}

void Discovery::tell(Source& source, topology::Event event) {
  namespace kind = topology::event_kind;
  if (event.kind == kind::kSourceLost) {
    source.lost = event;
    source.lost_before.reset();  // the watch tells of the return itself
  } else if (event.kind == kind::kSourceFound) {
    source.lost.reset();
  }
  if (!is_event_of_shard(event, source.options, shard())) return;
  event.source = source.name;
  event.instance = watched_name(source, event.instance);
  if (event.kind == kind::kFailover) {
    event.from = watched_name(source, event.from);
    event.to = watched_name(source, event.to);
  }
  parts_.happened(std::move(event));
}

// Whom the former watch could not find the new one has found.
void Discovery::tell_return(Source& source) {
  const auto latest = source.watch->latest();
  if (!source.lost_before || latest == nullptr || !latest->answered) return;
  topology::Event found = *std::exchange(source.lost_before, std::nullopt);
  found.time = std::chrono::system_clock::now();
  found.kind = topology::event_kind::kSourceFound;
  found.to.clear();
  tell(source, std::move(found));
}

std::string Discovery::watched_name(const Source& source, const std::string& name) const {
  if (name.empty()) return name;
  const auto known = source.address_of.find(name);
  std::string watched = parts_.name_at(known == source.address_of.end() ? name : known->second);
  return watched.empty() ? name : watched;
}

void Discovery::stop() {
  Sources ended;
  {
    const std::scoped_lock lock(mutex_);
    ended.swap(sources_);
  }
  for (const std::shared_ptr<Source>& source : ended) {
    asio::post(parts_.loop, [source] { source->watch->stop(); });
  }
}

Discovery::Sources Discovery::sources() const {
  const std::scoped_lock lock(mutex_);
  return sources_;
}

config::Shard Discovery::shard() const {
  const std::scoped_lock lock(mutex_);
  return shard_;
}

void Discovery::add_credentials(redis::Target& target) const {
  const std::scoped_lock lock(mutex_);
  config::apply_credentials(target, credentials_);
}

std::vector<redis::Target> Discovery::targets() const {
  std::vector<redis::Target> all;
  for (const std::shared_ptr<Source>& source : sources()) {
    const auto outcome = outcome_of(*source);
    if (outcome == nullptr) continue;
    for (const redis::Target& target : outcome->targets) {
      all.push_back(target);
      all.back().place.source = source->name;
      all.back().place.at = target.url.address();
    }
  }
  return all;
}

std::size_t Discovery::waiting() const {
  const Sources all = sources();
  return static_cast<std::size_t>(std::ranges::count_if(
      all, [](const std::shared_ptr<Source>& source) { return outcome_of(*source) == nullptr; }));
}

std::vector<prometheus::MetricFamily> Discovery::metrics() const {
  prometheus::MetricFamily targets = metrics::family_of(kTargets);
  prometheus::MetricFamily ages = metrics::family_of(kAge);
  prometheus::MetricFamily failures = metrics::family_of(kFailures);
  std::vector<prometheus::MetricFamily> families;
  const auto now = std::chrono::steady_clock::now();
  const config::Shard shard_here = shard();
  for (const std::shared_ptr<Source>& source : sources()) {
    const auto outcome = outcome_of(*source);
    const bool answered = outcome != nullptr && outcome->answered;
    const auto since = answered ? *outcome->answered : source->since;
    add_of(ages, source->name, std::chrono::duration<double>(now - since).count());
    if (outcome == nullptr) continue;
    merge(families, families_of_shard(outcome->metrics, source->options, shard_here));
    add_of(targets, source->name, static_cast<double>(outcome->targets.size()));
    const auto latest = source->watch->latest();
    add_of(failures, source->name, latest == nullptr ? 0 : static_cast<double>(latest->failures));
  }
  for (prometheus::MetricFamily& family : families) join_same_series(family);
  for (prometheus::MetricFamily* family : {&targets, &ages, &failures}) {
    if (!family->metric.empty()) families.push_back(std::move(*family));
  }
  return families;
}

void Discovery::polled(const redis::Target& target, const redis::PollResult& result) {
  const std::string& address = target.place.at;
  if (address.empty()) return;
  const topology::Observed seen = observed(*result.state);
  for (const std::shared_ptr<Source>& source : sources()) {
    const auto known = source->name_at.find(address);
    if (known != source->name_at.end()) source->watch->polled(known->second, seen);
  }
}

std::vector<metrics::Description> discovery_descriptions() { return {kTargets, kAge, kFailures}; }

}  // namespace hitwatch
