#include "agent/cli/top_poller.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cstdint>
#include <system_error>
#include <utility>

namespace hitwatch::cli {
namespace {

int new_event() {
  const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return event;
}

}  // namespace

TopPoller::TopPoller(DaemonUrl url, std::chrono::milliseconds interval, TopQuery query)
    : interval_(interval),
      event_(new_event()),
      timer_(context_),
      source_(context_.get_executor(), std::move(url)),
      query_(std::move(query)) {
  ask_now();
  thread_ = std::thread([this] {
    const auto work = boost::asio::make_work_guard(context_);
    context_.run();
  });
}

TopPoller::~TopPoller() {
  context_.stop();
  thread_.join();
  close(event_);
}

void TopPoller::ask(const TopQuery& query) {
  boost::asio::post(context_, [this, query] {
    query_ = query;
    if (!under_way_) ask_now();
  });
}

void TopPoller::ask_now() {
  timer_.cancel();
  under_way_ = true;
  source_.ask(query_,
              [this, asked = query_](TopResult result) { receive(asked, std::move(result)); });
}

void TopPoller::receive(const TopQuery& asked, TopResult result) {
  under_way_ = false;
  if (asked != query_) return ask_now();
  {
    const std::lock_guard lock(mutex_);
    latest_ = Polled{std::move(result), std::chrono::steady_clock::now()};
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(event_, &one, sizeof one);  // never full
  ask_after(interval_);
}

void TopPoller::ask_after(std::chrono::milliseconds wait) {
  timer_.expires_after(wait);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && !under_way_) ask_now();
  });
}

std::optional<Polled> TopPoller::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto size = read(event_, &count, sizeof count);  // or there was nothing
  const std::lock_guard lock(mutex_);
  return std::exchange(latest_, std::nullopt);
}

}  // namespace hitwatch::cli
