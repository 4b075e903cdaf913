// An attempt to deliver a message, as a span: `notify webhook`, below the transition of the first
// alert it tells of, with links to those of the others.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "agent/net/http_client.h"
#include "agent/notify/message.h"
#include "agent/notify/outbox.h"
#include "agent/trace/tracer.h"

namespace hitwatch::notify {

class DeliverySpan {
 public:
  // Begins now. A message that repeats what was told before is a trace of its own with links: the
  // evaluation may be long ago.
  DeliverySpan(const trace::Tracer& tracer, const Message& message);
  // A request to an Alertmanager, with so many alerts.
  DeliverySpan(const trace::Tracer& tracer, std::size_t alerts);

  // Tells the receiver of it by the header `traceparent`, unless the request has one.
  void add_header(net::HttpRequest& request) const;
  void set_attempt(int attempts_before);
  void set_server(const net::HttpUrl& url);

  // It has ended now, with this answer (if it got that far) and what that means.
  void end(trace::Tracer& tracer, const net::HttpResponse* answer, const Verdict& verdict);

 private:
  void begin(const trace::Tracer& tracer, std::string_view integration);

  trace::Span span_;
  bool routine_ = false;  // wanted only as a share, unless it fails
};

}  // namespace hitwatch::notify
