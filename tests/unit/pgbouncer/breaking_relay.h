// A relay before a console that breaks the connection off as soon as a client says a word.
#pragma once

#include <poll.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "silent_server.h"

namespace pgcleave::pgbouncer {

// One thread for all connections: what waits on either end is passed on, and whoever says the word loses both ends.
class BreakingRelay {
 public:
  BreakingRelay(int port, std::string word)
      : word_(std::move(word)), to_(port), port_(free_port()), listening_(listening_at(port_)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~BreakingRelay() {
    over_ = true;
    thread_.join();
    for (const auto& [near, far] : pairs_) end(near, far);
    ::close(listening_);
  }
  BreakingRelay(const BreakingRelay&) = delete;
  BreakingRelay& operator=(const BreakingRelay&) = delete;
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] bool has_broken() const { return broken_; }

 private:
  struct Pair {
    int near, far;
  };

  static void end(int near, int far) {
    ::close(near);
    ::close(far);
  }

  void serve() {
    while (!over_) {
      std::vector<pollfd> waiting{{listening_, POLLIN, 0}};
      for (const auto& [near, far] : pairs_) {
        waiting.push_back({near, POLLIN, 0});
        waiting.push_back({far, POLLIN, 0});
      }
      if (::poll(waiting.data(), waiting.size(), 20) <= 0) continue;
      std::vector<Pair> kept;
      for (std::size_t i = 0; i < pairs_.size(); ++i) {
        const auto& [near, far] = pairs_[i];
        const bool goes_on = (waiting[1 + 2 * i].revents == 0 || pass_on(near, far, true)) &&
                             (waiting[2 + 2 * i].revents == 0 || pass_on(far, near, false));
        if (goes_on)
          kept.push_back(pairs_[i]);
        else
          end(near, far);
      }
      pairs_ = std::move(kept);
      if (waiting.front().revents != 0) accept();
    }
  }

  void accept() {
    const int near = ::accept(listening_, nullptr, nullptr);
    const int far = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto address = on_loopback(to_);
    if (::connect(far, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
      pairs_.push_back({near, far});
    else
      end(near, far);
  }

  bool pass_on(int from, int to, bool client_speaks) {
    std::array<char, 8192> bytes{};
    const auto count = ::read(from, bytes.data(), bytes.size());
    if (count <= 0) return false;
    const std::string said(bytes.data(), static_cast<std::size_t>(count));
    if (client_speaks && said.find(word_) != std::string::npos) {
      broken_ = true;
      return false;
    }
    return ::write(to, said.data(), said.size()) == count;
  }

  std::string word_;
  int to_;
  int port_;
  int listening_;
  std::vector<Pair> pairs_;
  std::atomic<bool> over_ = false, broken_ = false;
  std::thread thread_;
};

}  // namespace pgcleave::pgbouncer
