// A thread for each direction of each connection: few connections go through here, those of the tool and not those of
// the clients.
#include "proxy.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "error.h"
#include "link.h"

namespace pgcleave_lab {
namespace {

sockaddr_in at(const std::string& address_text, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (::inet_pton(AF_INET, address_text.c_str(), &address.sin_addr) != 1) fail("{} is no address", address_text);
  return address;
}

int listen_at(const std::string& where, int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const auto address = at(where, port);
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(descriptor, 64) != 0)
    fail("the proxy can't listen at {}:{}", where, port);
  return descriptor;
}

int connect_to(int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = at(loopback_address, port);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(descriptor);
    return -1;
  }
  const int yes = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return descriptor;
}

bool send_all(int to, const std::string& part) {
  for (std::size_t sent = 0; sent < part.size();) {
    const auto now = ::send(to, part.data() + sent, part.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += static_cast<std::size_t>(now);
  }
  return true;
}

// Patroni tells where its members are. Who asks through a link is led to the links. Ports have five digits and
// addresses nine characters, so no length changes.
std::string led_to_links(std::string text, const Lab& lab) {
  const auto replace = [&](const std::string& real, const std::string& ours) {
    for (auto place = text.find(real); place != std::string::npos; place = text.find(real, place + ours.size()))
      text.replace(place, real.size(), ours);
  };
  for (const Member& member : lab.members)
    for (const Link& link : lab.links) {
      if (link.to == member.postgres_port || link.to == member.rest_port)
        replace(std::to_string(link.to), std::to_string(link.port));
    }
  replace(loopback_address, lab.address);
  return text;
}

void forward(LinkState& state, Conversation& conversation, const Lab& lab, bool upwards) {
  const int from = upwards ? conversation.client : conversation.server,
            to = upwards ? conversation.server : conversation.client;
  std::string part(65536, '\0');
  for (;;) {
    const auto got = ::recv(from, part.data(), part.size(), 0);
    if (got <= 0) break;
    auto piece = part.substr(0, static_cast<std::size_t>(got));
    if (!upwards && conversation.asks_cluster) piece = led_to_links(piece, lab);
    if (!(upwards ? state.to_server(conversation, piece) : state.to_client(conversation, piece)) ||
        !send_all(to, piece))
      break;
  }
  ::shutdown(from, SHUT_RD);
  if (!conversation.reset) ::shutdown(to, SHUT_WR);
}

void serve(LinkState& state, const Lab& lab, int client, int port) {
  const auto conversation = std::make_shared<Conversation>();
  conversation->client = client;
  state.enter(conversation);
  state.wait_until_open(*conversation);
  if (!conversation->reset) conversation->server = connect_to(port);
  if (conversation->server >= 0) {
    std::thread down([&] { forward(state, *conversation, lab, false); });
    forward(state, *conversation, lab, true);
    down.join();
    ::close(conversation->server);
  }
  state.leave(conversation);
  ::close(client);
}

void accept_all(LinkState& state, const Lab& lab, const Link& link, int listener) {
  for (;;) {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const int yes = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    std::thread([&state, &lab, client, port = link.to] { serve(state, lab, client, port); }).detach();
  }
}

std::string obey(std::map<std::string, LinkState>& links, const std::string& order) {
  std::istringstream words(order);
  std::string link, what, text;
  int ms = 0;
  words >> link >> what >> ms;
  std::getline(words >> std::ws, text);
  const auto found = links.find(link);
  if (found == links.end()) fail("there is no link {}", link);
  LinkState& state = found->second;
  if (what == "reset")
    state.reset_all();
  else if (what != "hits")
    state.set(spoil_named(what), ms, text);
  const Hits hits = state.hits();
  return nlohmann::json{
      {"link", link}, {"bytes", hits.bytes}, {"connections", hits.connections}, {"requests", hits.requests}}
      .dump();
}

sockaddr_un at_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail("{} is too long for a Unix socket", path);
  path.copy(address.sun_path, path.size());
  return address;
}

std::string read_line(int descriptor) {
  std::string line;
  for (char letter; ::recv(descriptor, &letter, 1, 0) == 1 && letter != '\n';) line += letter;
  return line;
}

}  // namespace

std::string proxy_socket(const Lab& lab) {
  return lab.socket_folder() / "proxy.ctl";
}

int proxy(const Lab& lab) {
  std::signal(SIGPIPE, SIG_IGN);
  static std::map<std::string, LinkState> links;  // threads live as long as the process
  for (const Link& link : lab.links) {
    const int listener = listen_at(lab.address, link.port);
    std::thread([&lab, &link, listener, &state = links[link.name]] {
      accept_all(state, lab, link, listener);
    }).detach();
  }
  ::unlink(proxy_socket(lab).c_str());
  const int control = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = at_path(proxy_socket(lab));
  if (::bind(control, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(control, 16) != 0)
    fail("the proxy can't be controlled through {}", proxy_socket(lab));
  ::chmod(address.sun_path, 0666);
  for (;;) {
    const int asker = ::accept4(control, nullptr, nullptr, SOCK_CLOEXEC);
    if (asker < 0) continue;
    std::string answer;
    try {
      answer = obey(links, read_line(asker));
    } catch (const std::exception& error) {
      answer = std::string("! ") + error.what();
    }
    send_all(asker, answer + "\n");
    ::close(asker);
  }
}

int fault(const Lab& lab, const FaultOptions& options) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = at_path(proxy_socket(lab));
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("this lab has no proxies; start it with: pgcleave-lab up --proxies");
  send_all(descriptor, fmt::format("{} {} {} {}\n", options.link, options.what, options.ms, options.text));
  const auto answer = read_line(descriptor);
  ::close(descriptor);
  if (answer.starts_with("! ")) fail("{}", answer.substr(2));
  fmt::print("{}\n", answer);
  return 0;
}

}  // namespace pgcleave_lab
