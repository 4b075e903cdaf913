// Notifications at work: a thread that takes changes of alerts, groups them, keeps them in
// `notify.db` and brings them to whoever is to be told.
//
// A change is in the file before anything is sent and before whoever reported it hears that it was
// taken; if the file cannot be written, everything goes on from memory, and the log says so. All
// parts belong to that thread: everybody else posts work to it.
#pragma once

#include <prometheus/metric_family.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/log/log.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "agent/notify/alertmanager_client.h"
#include "agent/notify/clock_jump.h"
#include "agent/notify/death_log.h"
#include "agent/notify/delivery.h"
#include "agent/notify/dispatcher.h"
#include "agent/notify/durable_map.h"
#include "agent/notify/figures.h"
#include "agent/notify/inhibition.h"
#include "agent/notify/notice_templates.h"
#include "agent/notify/outbox.h"
#include "agent/notify/settings.h"
#include "agent/notify/silences.h"
#include "agent/notify/trouble_log.h"
#include "agent/trace/tracer.h"
#include "agent/web/server.h"

namespace hitwatch::notify {

// What became of an alert of a rule. Numbers grow; 0: nobody asks whether it was taken.
struct Change {
  std::int64_t number = 0;
  std::optional<Alert> alert;  // none: nobody is to be told
};

class Service {
 public:
  struct Parts {
    log::Log& log;
    std::string state_folder;       // where notify.db is kept, if there is such a folder
    std::uint64_t state_bytes = 0;  // that it may take there
    // All changes up to this number are kept. Called on the thread of notifications.
    std::function<void(std::int64_t)> taken;
    trace::Tracer& tracer;  // outlives this
  };
  struct Configuration {
    std::shared_ptr<const Settings> settings;
    std::shared_ptr<const NoticeTemplates> templates;
    std::string external_url;
    std::chrono::milliseconds evaluation_interval{15'000};
    bool admin_api = false;
  };

  explicit Service(Parts parts);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Any thread: from now on this.
  void configure(Configuration configuration);
  // Starts the thread. Call after the first `configure`.
  void start();
  // Ends the thread; requests under way are given up, and made again at the next start.
  void stop();

  // Any thread: alerts of rules that fired or were resolved, in order.
  void take(std::vector<Change> changes);
  // Any thread: all alerts of rules that fire now; others count as resolved.
  void reconcile(std::vector<Alert> firing);
  // Any thread: since when there is no data of which instances.
  void missing_data(std::map<std::string, std::int64_t> since);

  // Any thread: Alertmanager's API (/api/v2/…) and /api/v1/notifications….
  void answer(const web::Request& request, web::Reply reply);

  // Any thread: hitwatch_notifications_* and the like.
  std::vector<prometheus::MetricFamily> metrics() const;

 private:
  struct Peer {
    AlertmanagerPeer settings;
    PeerState state;
  };

  void open();
  void apply(Configuration configuration);
  void apply_peers();
  void accept(const std::vector<Alert>& alerts, std::int64_t now);
  void note(const Alert& alert, std::int64_t now);
  void notice_ends(std::int64_t now);
  std::int64_t time_now();
  void pump();
  void pump_soon();
  void commit();
  void report_set_aside();
  void mark_missing(Message& message) const;
  void send(const Message& message, std::int64_t now);
  void finish(const std::string& id, const Destination& to, const Verdict& verdict);
  void send_to_peers(std::int64_t now);
  void send_to(Peer& peer, std::int64_t now);
  void plan(std::int64_t now);
  void publish();
  Muted muted(const Alert& alert, const Route& route, std::int64_t now) const;

  Parts parts_;
  std::unique_ptr<boost::asio::io_context> loop_;
  boost::asio::steady_timer timer_;
  std::thread thread_;

  // Of the thread.
  net::Resolver resolver_;
  net::TlsContexts tls_contexts_;
  Configuration configuration_;
  std::unique_ptr<DurableMap> map_;
  std::unique_ptr<Silences> silences_;
  std::unique_ptr<Inhibition> inhibition_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<Outbox> outbox_;
  DeathLog deaths_;
  TroubleLog troubles_;
  ClockJump clock_jump_;
  std::vector<std::shared_ptr<Peer>> peers_;
  std::map<std::string, std::int64_t> missing_since_;
  std::set<std::pair<std::int64_t, std::string>> ends_;  // of alerts that end by themselves
  std::int64_t taken_ = 0;     // the number of the last change that was taken
  std::int64_t reported_ = 0;  // and of the last that this was said of
  std::int64_t started_at_ = 0;
  std::int64_t next_mute_check_ = 0;
  std::size_t active_silences_ = 0;
  std::uint64_t template_failures_ = 0;
  std::uint64_t truncated_alerts_ = 0;
  bool pumping_soon_ = false;
  std::uint64_t set_asides_ = 0;  // of those that were reported
  bool failing_ = false;          // the file could not be written

  mutable std::mutex figures_mutex_;
  std::shared_ptr<const Figures> figures_;
};

}  // namespace hitwatch::notify
