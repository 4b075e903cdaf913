#include "tests/topology/scripted_sentinel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>

namespace hitwatch::topology {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Words = std::vector<std::string>;

std::string bulk_text(const std::string& text) {
  return fmt::format("${}\r\n{}\r\n", text.size(), text);
}

std::string bulk_array(const Words& texts) {
  std::string out = fmt::format("*{}\r\n", texts.size());
  for (const std::string& text : texts) out += bulk_text(text);
  return out;
}

std::string server_text(const ScriptedSentinel::Server& server) {
  return bulk_array({"ip", server.ip, "port", std::to_string(server.port), "flags", server.flags,
                     "runid", server.run_id});
}

std::string servers_text(const std::vector<ScriptedSentinel::Server>& servers) {
  std::string out = fmt::format("*{}\r\n", servers.size());
  for (const auto& server : servers) out += server_text(server);
  return out;
}

std::string master_text(const std::string& name, const ScriptedSentinel::Master& master) {
  return bulk_array({"name", name, "ip", master.ip, "port", std::to_string(master.port), "flags",
                     master.flags, "config-epoch", std::to_string(master.epoch)});
}

}  // namespace

struct ScriptedSentinel::Client {
  explicit Client(tcp::socket connected) : socket(std::move(connected)) {}
  tcp::socket socket;
  redis::ReplyReader reader;
  std::array<char, 4096> buffer{};
  bool subscribed = false;
  bool gone = false;

  void write(const std::string& bytes) {
    boost::system::error_code ignored;
    asio::write(socket, asio::buffer(bytes), ignored);
  }
};

ScriptedSentinel::ScriptedSentinel(asio::io_context& loop) : loop_(loop), acceptor_(loop) {
  open();
}

ScriptedSentinel::~ScriptedSentinel() { drop(true); }

void ScriptedSentinel::open() {
  acceptor_.open(tcp::v4());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port_)});
  acceptor_.listen();
  port_ = acceptor_.local_endpoint().port();
  accept();
}

void ScriptedSentinel::drop(bool closed) {
  if (closed) acceptor_.close();
  for (const auto& client : clients_) {
    client->gone = true;
    client->socket.close();
  }
  clients_.clear();
}

int ScriptedSentinel::count(const std::string& command) const {
  return static_cast<int>(std::ranges::count(heard, command));
}

std::size_t ScriptedSentinel::subscribers() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(clients_, [](const auto& client) { return client->subscribed; }));
}

void ScriptedSentinel::publish(const std::string& channel, const std::string& text) {
  for (const auto& client : clients_) {
    if (client->subscribed) client->write(bulk_array({"message", channel, text}));
  }
}

void ScriptedSentinel::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& code, tcp::socket socket) {
    if (code) return;
    clients_.push_back(std::make_shared<Client>(std::move(socket)));
    read(clients_.back());
    accept();
  });
}

void ScriptedSentinel::read(const std::shared_ptr<Client>& client) {
  client->socket.async_read_some(
      asio::buffer(client->buffer),
      [this, client](const boost::system::error_code& code, std::size_t bytes) {
        if (client->gone) return;
        if (code) {
          std::erase(clients_, client);
          return;
        }
        client->reader.feed({client->buffer.data(), bytes});
        std::string out;
        while (true) {
          const auto command = client->reader.next();
          if (!command || !*command) break;
          Words words;
          for (const redis::Reply& word : (*command)->elements) words.push_back(word.text);
          out += answer(*client, words);
          if (client->gone) return;
        }
        if (!hangs && !out.empty()) client->write(out);
        read(client);
      });
}

std::string ScriptedSentinel::answer(Client& client, const Words& words) {
  const std::string command = fmt::format("{}", fmt::join(words, " "));
  heard.push_back(command);
  for (const std::string& key :
       {command, words[0] + (words.size() > 1 ? " " + words[1] : ""), words[0]}) {
    if (const auto own = answers.find(key); own != answers.end()) return own->second;
  }
  if (words[0] == "SUBSCRIBE") {
    client.subscribed = true;
    std::string out;
    for (std::size_t i = 1; i < words.size(); ++i) {
      out += fmt::format("*3\r\n{}{}:{}\r\n", bulk_text("subscribe"), bulk_text(words[i]), i);
    }
    return out;
  }
  if (words[0] == "PING") return client.subscribed ? bulk_array({"pong", ""}) : "+PONG\r\n";
  if (words[0] != "SENTINEL" || words.size() < 2) return "+OK\r\n";
  if (words[1] == "MYID") return bulk_text(id);
  if (words[1] == "MASTERS") {
    std::string out = fmt::format("*{}\r\n", masters.size());
    for (const auto& [name, master] : masters) out += master_text(name, master);
    return out;
  }
  return about(words[1], words.at(2));
}

std::string ScriptedSentinel::about(const std::string& what, const std::string& name) const {
  const auto found = masters.find(name);
  if (found == masters.end()) {
    return what == "GET-MASTER-ADDR-BY-NAME" ? "*-1\r\n" : "-ERR No such master with that name\r\n";
  }
  const Master& master = found->second;
  if (what == "MASTER") return master_text(name, master);
  if (what == "GET-MASTER-ADDR-BY-NAME") {
    return bulk_array({master.ip, std::to_string(master.port)});
  }
  if (what == "REPLICAS" || what == "SLAVES") return servers_text(master.replicas);
  if (what == "SENTINELS") return servers_text(master.sentinels);
  return "-ERR unknown subcommand\r\n";
}

}  // namespace hitwatch::topology
