// A line to a PostgreSQL on loopback that breaks once, with the session, at a request of the test's choice.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "postgres/server.h"

namespace pgcleave::steps::test {

class CutLine {
 public:
  // The request never arrives, or it is carried out and nobody is told.
  enum class Lost { request, answer };

  // `at`: the how manieth request, from 1, of all sessions together.
  CutLine(int server_port, int at, Lost lost);
  CutLine(const CutLine&) = delete;
  CutLine& operator=(const CutLine&) = delete;
  ~CutLine();

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] bool was_cut() const { return cut_; }
  // From now on it holds.
  void fix() { fixed_ = true; }

 private:
  struct Session {
    int client = -1;
    int server = -1;
    bool started = false;  // past the startup packet: messages have a type
    std::string unread;    // the rest of a message
    std::string request;   // messages up to the one that asks for an answer
  };
  void serve();
  void welcome();
  bool pass_on(Session& session);  // false: over
  bool pass_message(Session& session, const std::string& message);
  void lose_answer(Session& session, const std::string& request) const;

  int server_port_;
  int at_;
  Lost lost_;
  int port_ = 0;
  int listener_ = -1;
  int requests_ = 0;
  std::atomic<bool> cut_{false};
  std::atomic<bool> fixed_{false};
  std::atomic<bool> over_{false};
  std::vector<Session> sessions_;
  std::thread thread_;
};

// `attempt` is made over a line that breaks at the first request, at the second, and so on, until it needs no more
// requests. It fixes the line when what is tried has ended.
template <class Attempt>
void at_each_request(const postgres::test::Server& server, Attempt attempt) {
  for (const auto lost : {CutLine::Lost::request, CutLine::Lost::answer}) {
    int at = 1;
    for (bool cut = true; cut; ++at) {
      INFO("the " << (lost == CutLine::Lost::request ? "request" : "answer") << " that is lost: " << at);
      REQUIRE(at < 50);
      CutLine line(server.port(), at, lost);
      attempt(line);
      cut = line.was_cut();
    }
    CHECK(at > 3);
  }
}

}  // namespace pgcleave::steps::test
