#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pgcleave_lab {

enum class Spoil { none, drop_to, drop_from, drop, refuse, delay, swallow, error_401, error_503, garbage };
Spoil spoil_named(const std::string& name);  // fails with the names that there are

// What was really hit since the fault was set. A fault that hit nothing proves nothing.
struct Hits {
  long long bytes = 0, connections = 0, requests = 0;
};

struct Conversation {
  int client = -1, server = -1;
  bool reset = false, awaits_swallow = false, swallowed = false, asks_cluster = false;
};

// The state of one link, shared by all its connections.
class LinkState {
 public:
  void set(Spoil spoil, int ms, const std::string& text);
  void reset_all();
  Hits hits();
  Spoil spoil();

  void enter(const std::shared_ptr<Conversation>& conversation);
  void leave(const std::shared_ptr<Conversation>& conversation);

  // Called with what was read, before it is passed on. Waits as long as the link drops it. False: end the connection.
  bool to_server(Conversation& conversation, const std::string& part);
  bool to_client(Conversation& conversation, const std::string& part);
  void wait_until_open(Conversation& conversation);  // a new connection on a link that drops everything

 private:
  bool hold(std::unique_lock<std::mutex>& lock, Conversation& conversation, std::size_t bytes, Spoil one_way);
  void answer(Conversation& conversation);
  static void break_off(Conversation& conversation);

  std::mutex mutex_;
  std::condition_variable changed_;
  Spoil spoil_ = Spoil::none;
  int ms_ = 0;
  std::string text_;
  Hits hits_;
  std::vector<std::shared_ptr<Conversation>> open_;
};

}  // namespace pgcleave_lab
