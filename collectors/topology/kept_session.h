// A session that is kept from one question to the next, where a question may take several batches.
//
// A kept connection may have been closed since it was last used. That is no answer yet: the batch
// is made and asked once more over a new connection, but only once in a question, so that a server
// which closes each connection is not asked for ever.
//
// On the executor's thread.
#pragma once

#include <functional>
#include <memory>

#include "collectors/redis/session.h"

namespace hitwatch::topology {

class KeptSession {
 public:
  using Open = std::function<std::shared_ptr<redis::Session>()>;
  using Make = std::function<redis::Batch()>;

  // `open` makes a session. What was known of the connection before holds no longer.
  explicit KeptSession(Open open) : open_(std::move(open)) {}
  ~KeptSession() { close(); }
  KeptSession(const KeptSession&) = delete;
  KeptSession& operator=(const KeptSession&) = delete;

  // Another question begins.
  void begin() { reopened_ = false; }
  // Asks what `make` makes, once the session is there. One batch at a time. `done` is called once,
  // never from within ask(); after an error the next batch goes over a new connection. It may
  // release this.
  void ask(Make make, redis::Session::Done done);
  // Whether nothing has been answered over the present connection.
  bool is_new() const { return !answered_; }
  // Nobody is called any more.
  void close();

 private:
  const Open open_;
  std::shared_ptr<redis::Session> session_;
  bool answered_ = false;
  bool reopened_ = false;  // in this question, as it had been closed
};

}  // namespace hitwatch::topology
