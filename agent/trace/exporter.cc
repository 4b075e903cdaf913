#include "agent/trace/exporter.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <iterator>
#include <random>
#include <string_view>
#include <utility>

#include "agent/version.h"

namespace hitwatch::trace {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr std::size_t kLargestBatchBytes = 4 << 20;  // in memory, which is more than in a request
constexpr std::size_t kLargestAnswer = 64 << 10;
constexpr std::string_view kUsualTarget = "/v1/traces";        // which is no secret
constexpr milliseconds kLongestAsked = std::chrono::hours(1);  // of Retry-After

std::int64_t unix_milliseconds() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string shown_endpoint(const std::string& endpoint) {
  const auto url = net::parse_http_url(endpoint);
  if (!url) return "not a URL";
  return fmt::format("{}://{}", url->tls ? "https" : "http", url->authority());
}

}  // namespace

Exporter::Exporter(SpanQueue& queue, log::Log& log, Pace pace)
    : queue_(queue),
      pace_(pace),
      loop_(std::make_unique<asio::io_context>(1)),
      timer_(*loop_),
      stop_timer_(*loop_),
      resolver_(loop_->get_executor()),
      backoff_(pace.first_retry, pace.longest_retry, std::random_device()()),
      log_(log) {}

Exporter::~Exporter() {
  stop();
  queue_.set_wake(0, nullptr);
}

// --- from other threads ---

void Exporter::configure(Settings settings) {
  asio::post(*loop_,
             [this, settings = std::move(settings)]() mutable { apply(std::move(settings)); });
}

void Exporter::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "hitwatch-trace");
    const auto guard = asio::make_work_guard(*loop_);
    loop_->run();
  });
}

void Exporter::stop() {
  if (!thread_.joinable()) return;
  asio::post(*loop_, [this] { begin_stop(); });
  thread_.join();
}

std::vector<prometheus::MetricFamily> Exporter::metrics() const {
  Figures figures;
  {
    const std::scoped_lock lock(figures_mutex_);
    figures = figures_;
  }
  figures.queued += queue_.size();
  figures.of(Drop::kQueueFull) = queue_.dropped();
  return trace_metrics(figures);
}

// --- what to do next ---

void Exporter::apply(Settings settings) {
  if (settings == settings_ && !settings.endpoint.empty()) return;
  const bool moved = settings.endpoint != settings_.endpoint;
  settings_ = std::move(settings);
  resource_ = make_resource(settings_, instance_id_);
  endpoint_ = shown_endpoint(settings_.endpoint);
  most_spans_ = settings_.largest_batch;
  queue_.set_wake(settings_.batch_spans, [this] { asio::post(*loop_, [this] { pump(); }); });
  backoff_.reset();
  next_attempt_ = Clock::now();
  // The former endpoint may hang.
  if (moved && std::exchange(in_flight_, false)) ++attempt_;
  pump();
}

void Exporter::begin_stop() {
  stop_at_ = Clock::now() + pace_.flush;
  stop_timer_.expires_at(*stop_at_);
  stop_timer_.async_wait([this](const boost::system::error_code& code) {
    if (!code) finish();
  });
  pump();
}

void Exporter::finish() {
  drop_all();
  loop_->stop();
}

void Exporter::pump() {
  if (in_flight_) return;
  const auto now = Clock::now();
  note_full_queue(now);
  if (settings_.endpoint.empty()) {
    drop_all();
    if (stop_at_) finish();
    return;
  }
  if (batch_.spans.empty() && !take_batch(now)) {
    if (stop_at_) finish();
    return;
  }
  if (!stop_at_ && now < next_attempt_) return wake_at(next_attempt_);
  send(now);
}

// False if it is not time yet; then there is a timer, or the queue will wake us.
bool Exporter::take_batch(Clock::time_point now) {
  if (!halves_.empty()) {
    batch_ = std::move(halves_.back());
    halves_.pop_back();
    return true;
  }
  const std::size_t waiting = queue_.size();
  if (waiting == 0) return false;
  if (!oldest_) oldest_ = now;
  const auto due = *oldest_ + settings_.delay;
  if (!stop_at_ && waiting < settings_.batch_spans && now < due) {
    wake_at(due);
    return false;
  }
  batch_ = {.spans = queue_.take(most_spans_, kLargestBatchBytes)};
  oldest_.reset();
  if (queue_.size() > 0) oldest_ = now;
  show_pending();
  return true;
}

void Exporter::wake_at(Clock::time_point moment) {
  timer_.expires_at(moment);
  timer_.async_wait([this](const boost::system::error_code& code) {
    if (!code) pump();
  });
}

void Exporter::note_full_queue(Clock::time_point now) {
  const std::uint64_t dropped = queue_.dropped();
  const std::uint64_t more = dropped - std::exchange(queue_full_said_, dropped);
  if (more > 0) log_.trouble(ExportLog::Trouble::kQueueFull, endpoint_, "", more, now);
}

// --- a request ---

void Exporter::send(Clock::time_point now) {
  if (!batch_.first_attempt) batch_.first_attempt = now;
  in_flight_ = true;
  const auto mine = ++attempt_;
  const auto done = [this, mine](const std::expected<net::HttpResponse, net::Error>& answer) {
    if (mine != attempt_) return;
    in_flight_ = false;
    on_answer(answer);
  };
  auto request = make_request();
  if (!request) {
    return asio::post(*loop_, [done, text = std::move(request.error())] {
      done(std::unexpected(net::Error{net::Reason::kError, text}));
    });
  }
  const auto deadline = now + settings_.timeout;
  net::http_request(loop_->get_executor(), resolver_, tls_contexts_, *std::move(request),
                    stop_at_ ? std::min(deadline, *stop_at_) : deadline, done);
}

// The error has no secret.
std::expected<net::HttpRequest, std::string> Exporter::make_request() {
  net::HttpRequest request;
  auto url = net::parse_http_url(settings_.endpoint);
  if (!url) return std::unexpected("endpoint: " + url.error());
  auto proxies = net::proxies_from_environment([](const char* name) { return std::getenv(name); });
  if (!proxies) return std::unexpected("proxy: " + proxies.error());
  request.url = *std::move(url);
  request.proxies = *std::move(proxies);
  request.method = "POST";
  request.tls = settings_.tls;
  request.max_body = kLargestAnswer;
  request.cut_body = true;
  request.headers = {{"User-Agent", fmt::format("hitwatch/{}", kVersion)}};
  secrets_ = {};
  if (request.url.target != kUsualTarget) secrets_.add_url(settings_.endpoint);
  for (const auto& [name, source] : settings_.headers) {
    auto secret = net::read_secret(source);
    if (!secret) return std::unexpected(fmt::format("{}: {}", name, secret.error().text));
    secrets_.add_header(*secret);
    request.headers.emplace_back(name, *std::move(secret));
  }
  const bool json = settings_.protocol == Protocol::kJson;
  request.headers.emplace_back("Content-Type",
                               json ? "application/json" : "application/x-protobuf");
  const auto body = encoder_.encode(settings_.protocol, resource_, batch_.spans);
  if (settings_.gzip) {
    request.headers.emplace_back("Content-Encoding", "gzip");
    request.body = gzip_.compress(body);
  } else {
    request.body = body;
  }
  return request;
}

void Exporter::on_answer(const std::expected<net::HttpResponse, net::Error>& answer) {
  OtlpVerdict verdict = judge_answer(answer, unix_milliseconds());
  verdict.text = loggable(verdict.text, secrets_);
  const auto now = Clock::now();
  switch (verdict.kind) {
    case OtlpVerdict::Kind::kAccepted:
      accept(verdict, now);
      break;
    case OtlpVerdict::Kind::kTooLarge:
      count(RequestEnd::kTooLarge);
      if (batch_.spans.size() > 1) {
        split_batch();
      } else {
        refuse(verdict, now);
      }
      break;
    case OtlpVerdict::Kind::kRefused:
      count(RequestEnd::kRefused);
      refuse(verdict, now);
      break;
    case OtlpVerdict::Kind::kBusy:
    case OtlpVerdict::Kind::kFailed:
      count(verdict.kind == OtlpVerdict::Kind::kBusy ? RequestEnd::kBusy : RequestEnd::kFailed);
      try_again(verdict, now);
      if (stop_at_) return finish();
      break;
  }
  pump();
}

void Exporter::accept(const OtlpVerdict& verdict, Clock::time_point now) {
  const std::uint64_t rejected = std::min<std::uint64_t>(verdict.rejected, batch_.spans.size());
  count(rejected > 0 ? RequestEnd::kPartial : RequestEnd::kAccepted);
  {
    const std::scoped_lock lock(figures_mutex_);
    figures_.exported += batch_.spans.size() - rejected;
  }
  if (rejected > 0) count_drop(Drop::kRejected, rejected);
  log_.accepted(endpoint_);
  if (rejected > 0 || !verdict.text.empty()) {
    log_.trouble(ExportLog::Trouble::kPartial, endpoint_, verdict.text, rejected, now);
  }
  most_spans_ = std::min(settings_.largest_batch, most_spans_ + most_spans_ / 8 + 1);
  backoff_.reset();
  settle_batch();
}

void Exporter::split_batch() {
  const std::size_t half = batch_.spans.size() / 2;
  const auto middle = batch_.spans.begin() + static_cast<std::ptrdiff_t>(half);
  Batch rest{.spans = std::vector<Span>(std::make_move_iterator(middle),
                                        std::make_move_iterator(batch_.spans.end())),
             .first_attempt = batch_.first_attempt};
  batch_.spans.erase(middle, batch_.spans.end());
  halves_.push_back(std::move(rest));
  most_spans_ = half;
}

void Exporter::refuse(const OtlpVerdict& verdict, Clock::time_point now) {
  const std::uint64_t spans = batch_.spans.size();
  count_drop(Drop::kRefused, spans);
  log_.trouble(ExportLog::Trouble::kRefused, endpoint_, verdict.text, spans, now);
  backoff_.reset();
  settle_batch();
}

void Exporter::try_again(const OtlpVerdict& verdict, Clock::time_point now) {
  log_.trouble(ExportLog::Trouble::kTriedAgain, endpoint_, verdict.text, 0, now);
  const milliseconds delay = backoff_.next();
  next_attempt_ =
      now + std::max(delay, std::min(verdict.retry_after.value_or(milliseconds(0)), kLongestAsked));
  if (next_attempt_ < *batch_.first_attempt + settings_.give_up) return;
  const std::uint64_t spans = batch_.spans.size();
  count_drop(Drop::kExpired, spans);
  log_.trouble(ExportLog::Trouble::kExpired, endpoint_, verdict.text, spans, now);
  settle_batch();
}

// --- the end of spans ---

void Exporter::settle_batch() {
  const std::vector<Span> spans = std::move(std::exchange(batch_, {}).spans);
  show_pending();
  for (const Span& span : spans) {
    if (span.settled) span.settled();
  }
}

void Exporter::drop_all() {
  std::uint64_t spans = batch_.spans.size();
  batch_ = {};
  for (const Batch& half : halves_) spans += half.spans.size();
  halves_.clear();
  while (true) {
    const std::size_t taken = queue_.take(settings_.largest_batch, kLargestBatchBytes).size();
    if (taken == 0) break;
    spans += taken;
  }
  show_pending();
  if (spans == 0) return;
  count_drop(Drop::kShutdown, spans);
  log_.left(spans);
}

void Exporter::count(RequestEnd end) {
  const std::scoped_lock lock(figures_mutex_);
  ++figures_.of(end);
}

void Exporter::count_drop(Drop drop, std::uint64_t spans) {
  const std::scoped_lock lock(figures_mutex_);
  figures_.of(drop) += spans;
}

void Exporter::show_pending() {
  std::size_t pending = batch_.spans.size();
  for (const Batch& half : halves_) pending += half.spans.size();
  const std::scoped_lock lock(figures_mutex_);
  figures_.queued = pending;
}

}  // namespace hitwatch::trace
