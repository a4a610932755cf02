#include "link.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <thread>

#include "error.h"

namespace pgcleave_lab {
namespace {

constexpr std::array<std::pair<const char*, Spoil>, 10> names{{{"heal", Spoil::none},
                                                               {"drop-to", Spoil::drop_to},
                                                               {"drop-from", Spoil::drop_from},
                                                               {"drop", Spoil::drop},
                                                               {"refuse", Spoil::refuse},
                                                               {"delay", Spoil::delay},
                                                               {"swallow-next-reply", Spoil::swallow},
                                                               {"answer-401", Spoil::error_401},
                                                               {"answer-503", Spoil::error_503},
                                                               {"answer-garbage", Spoil::garbage}}};

// Instead of Patroni's.
struct ForgedAnswer {
  std::string status, body;
};
const std::map<Spoil, ForgedAnswer> answers{{Spoil::error_401, {"401 Unauthorized", "not authenticated"}},
                                            {Spoil::error_503, {"503 Service Unavailable", "no DCS"}},
                                            {Spoil::garbage, {"200 OK", "{\"members\": [{\"na"}}};

}  // namespace

Spoil spoil_named(const std::string& name) {
  std::string known = "reset";
  for (const auto& [each, spoil] : names) {
    if (name == each) return spoil;
    known += std::string(", ") + each;
  }
  fail("a link can't be told to {}; it knows {}", name, known);
}

void LinkState::set(Spoil spoil, int ms, const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (spoil != Spoil::none) hits_ = {};  // healing leaves them to be read
  spoil_ = spoil;
  ms_ = ms;
  text_ = text;
  if (spoil == Spoil::refuse)
    for (const auto& each : open_) {
      break_off(*each);
      ++hits_.connections;
    }
  changed_.notify_all();
}

void LinkState::reset_all() {
  const std::lock_guard lock(mutex_);
  hits_ = {};
  for (const auto& each : open_) {
    break_off(*each);
    ++hits_.connections;
  }
  changed_.notify_all();
}

Hits LinkState::hits() {
  const std::lock_guard lock(mutex_);
  return hits_;
}

Spoil LinkState::spoil() {
  const std::lock_guard lock(mutex_);
  return spoil_;
}

void LinkState::enter(const std::shared_ptr<Conversation>& conversation) {
  const std::lock_guard lock(mutex_);
  open_.push_back(conversation);
  if (spoil_ != Spoil::none && spoil_ != Spoil::swallow && spoil_ != Spoil::delay) ++hits_.connections;
  if (spoil_ == Spoil::refuse) break_off(*conversation);
}

void LinkState::leave(const std::shared_ptr<Conversation>& conversation) {
  const std::lock_guard lock(mutex_);
  open_.erase(std::remove(open_.begin(), open_.end(), conversation), open_.end());
}

// Both threads of the connection wake up by this; the one that closes sends RST to the client.
void LinkState::break_off(Conversation& conversation) {
  conversation.reset = true;
  const linger at_once{1, 0};
  ::setsockopt(conversation.client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  if (conversation.server >= 0) ::shutdown(conversation.server, SHUT_RDWR);
  ::shutdown(conversation.client, SHUT_RD);
}

// As TCP does when packets are lost: nothing arrives, nothing is lost for good; after the link has healed it is sent
// again.
bool LinkState::hold(std::unique_lock<std::mutex>& lock, Conversation& conversation, std::size_t bytes, Spoil one_way) {
  bool counted = false;
  while (!conversation.reset && (spoil_ == Spoil::drop || spoil_ == one_way)) {
    if (!counted) hits_.bytes += static_cast<long long>(bytes);
    counted = true;
    changed_.wait(lock);
  }
  if (spoil_ == Spoil::delay && !conversation.reset) {
    hits_.bytes += static_cast<long long>(bytes);
    const auto pause = std::chrono::milliseconds(ms_);
    lock.unlock();
    std::this_thread::sleep_for(pause);
    lock.lock();
  }
  return !conversation.reset;
}

void LinkState::wait_until_open(Conversation& conversation) {
  std::unique_lock lock(mutex_);
  hold(lock, conversation, 0, Spoil::drop_to);
}

void LinkState::answer(Conversation& conversation) {
  const auto [status, body] = answers.at(spoil_);
  const std::string text =
      fmt::format("HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                  status, body.size(), body);
  ++hits_.requests;
  [[maybe_unused]] const auto sent = ::send(conversation.client, text.data(), text.size(), MSG_NOSIGNAL);
}

bool LinkState::to_server(Conversation& conversation, const std::string& part) {
  std::unique_lock lock(mutex_);
  if (!hold(lock, conversation, part.size(), Spoil::drop_to)) return false;
  if (answers.contains(spoil_)) {
    answer(conversation);
    return false;
  }
  if (part.starts_with("GET ")) conversation.asks_cluster = part.starts_with("GET /cluster");
  if (spoil_ == Spoil::swallow && part.find(text_) != std::string::npos) {
    conversation.awaits_swallow = true;
    spoil_ = Spoil::none;
    ++hits_.requests;
  }
  return true;
}

bool LinkState::to_client(Conversation& conversation, const std::string& part) {
  std::unique_lock lock(mutex_);
  if (conversation.awaits_swallow) {
    hits_.bytes += static_cast<long long>(part.size());
    ++hits_.connections;
    break_off(conversation);
    return false;
  }
  return hold(lock, conversation, part.size(), Spoil::drop_from);
}

}  // namespace pgcleave_lab
