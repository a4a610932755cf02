// Requests over HTTP with a deadline: Patroni's REST interface, Prometheus, and what a runbook calls. The only user of
// cpp-httplib.
#pragma once

#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace pgcleave::rest {

struct Access {
  std::string ca;           // file; "" = the system's
  std::string certificate;  // client certificate and key, files
  std::string key;
  bool insecure = false;  // do not verify the server
  std::string username;   // basic auth
  Secret password;
};

struct Answer {
  int status = 0;
  std::string body;
};

// One request. `failed` when the connection was refused (nothing was sent), `unknown` when it was sent and no answer
// came by the deadline. Any HTTP status is an answer, not an error. Blocks; connect, read and write timeouts come from
// the deadline. A kept-alive connection is reused per Client. At most 16 MiB of body are read.
class Client {
 public:
  Client(const std::string& url, const Access& access);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();
  Result<Answer> get(const std::string& path, Deadline deadline);
  Result<Answer> patch(const std::string& path, const Json& body, Deadline deadline);
  Result<Answer> send(const std::string& method, const std::string& path, const std::string& body,
                      const std::string& content_type, Deadline deadline);
  [[nodiscard]] const std::string& url() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgcleave::rest
