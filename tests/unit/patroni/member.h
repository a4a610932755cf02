// A stand-in for one Patroni member: a small HTTP server on loopback that says what a test wants. real_patroni.cpp
// keeps it honest. Written on bare sockets: cpp-httplib belongs to src/rest/client.cpp, and a test wants to answer with
// garbage too.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pgcleave::patroni {

struct Request {
  std::string method;
  std::string path;
  std::string head;  // the whole header
  std::string body;
};

class StandIn {
 public:
  // Gives the raw answer; "" closes the connection without one; `silence` keeps it open until the end.
  using Handler = std::function<std::string(const Request&)>;
  static inline const std::string silence = "silence";

  explicit StandIn(Handler handler);
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;
  ~StandIn();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::vector<Request> requests() const;

 private:
  void serve();
  void answer(int client);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> over_{false};
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::vector<int> kept_;
  std::thread thread_;
};

// HTTP/1.0 without a length, as Patroni 3.0.2 answers.
std::string answer(int status, const std::string& body);
int free_port();

}  // namespace pgcleave::patroni
