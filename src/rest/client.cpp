#include "rest/client.h"

#include <httplib.h>
#include <signal.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <regex>
#include <thread>

#include "base/deadline.h"
#include "base/format.h"

namespace pgcleave::rest {
namespace {

constexpr std::size_t body_limit_bytes = 16U << 20;

// "https://host:8008" of "https://host:8008/patroni": Patroni's own api_url ends with a path, and a request has its
// own.
std::string origin_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  return url.substr(0, url.find('/', scheme + 3));
}

struct Origin {
  bool tls = false;
  std::string host;
  int port = 0;
};

// The library's own reading of URLs takes no letters in an address of IPv6 (cpp-httplib 0.11).
std::optional<Origin> parse_origin(const std::string& url) {
  static const std::regex pattern(R"((https?)://(?:\[([0-9a-fA-F:.]+)\]|([^:/?#\[\]]+))(?::([0-9]{1,5}))?)");
  std::smatch found;
  if (!std::regex_match(url, found, pattern)) return std::nullopt;
  Origin origin{found[1] == "https", found[2].matched ? found[2] : found[3], 0};
  origin.port = found[4].matched ? std::stoi(found[4]) : origin.tls ? 443 : 80;
  return origin;
}

std::unique_ptr<httplib::ClientImpl> client_for(const Origin& to, const Access& access) {
  if (!to.tls) return std::make_unique<httplib::ClientImpl>(to.host, to.port);
  return std::make_unique<httplib::SSLClient>(to.host, to.port, access.certificate, access.key);
}

// OpenSSL writes with write(2), which raises SIGPIPE when the peer has gone (cpp-httplib 0.11 guards plain sockets
// only).
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;
  ~SigpipeBlocked() {
    const timespec now{0, 0};
    if (!was_pending_) sigtimedwait(&set_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

// cpp-httplib's timeouts bound one read, not the whole answer: a server that trickles bytes would hold us for ever.
class Watchdog {
 public:
  Watchdog(httplib::ClientImpl& client, Deadline deadline)
      : thread_([this, &client, deadline, stop = HeededStop::current()] { watch(client, deadline, stop); }) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    finished_.notify_one();
    thread_.join();
  }

 private:
  void watch(httplib::ClientImpl& client, Deadline deadline, const StopFlag* stop) {
    const HeededStop heeded(stop);
    std::unique_lock lock(mutex_);
    const auto done = [this] { return done_; };
    do {
      if (finished_.wait_until(lock, HeededStop::next_look(deadline).when(), done)) return;
    } while (!deadline.passed() && !HeededStop::requested());
    // Repeated: a stop() that comes between the connect and the first byte is forgotten by the library.
    do {
      lock.unlock();
      client.stop();
      lock.lock();
    } while (!finished_.wait_for(lock, std::chrono::milliseconds(10), done));
  }

  std::mutex mutex_;
  std::condition_variable finished_;
  bool done_ = false;
  std::thread thread_;
};

bool nothing_was_sent(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
    case httplib::Error::ConnectionTimeout:
    case httplib::Error::BindIPAddress:
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification: return true;
    default: return false;
  }
}

std::string in_words(httplib::Error error, bool too_long) {
  if (too_long) return fmt::format("an answer of more than {} MiB", body_limit_bytes >> 20);
  switch (error) {
    case httplib::Error::Connection: return "the connection was refused";
    case httplib::Error::ConnectionTimeout: return "no connection in time";
    case httplib::Error::SSLConnection: return "the TLS handshake failed";
    case httplib::Error::SSLLoadingCerts: return "the CA or client certificate files can't be loaded";
    case httplib::Error::SSLServerVerification: return "the server's certificate is not trusted";
    case httplib::Error::Write: return "the connection broke while the request was sent";
    case httplib::Error::Read: return "no HTTP answer";
    default: return httplib::to_string(error);
  }
}

std::string hint_for(httplib::Error error) {
  switch (error) {
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
      return "check the address's scheme (http or https), ca, certificate and key in the environment file";
    case httplib::Error::SSLServerVerification:
      return "set ca in the environment file to the authority that signed the server's certificate";
    default: return "";
  }
}

httplib::Request request_for(const std::string& method, const std::string& path, const std::string& body,
                             const std::string& content_type) {
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  if (!content_type.empty()) request.set_header("Content-Type", content_type);
  return request;
}

// Each phase of a request may take all that is left; the watchdog ends the whole of it.
void limit(httplib::ClientImpl& client, std::int64_t left_us) {
  client.set_connection_timeout(left_us / 1'000'000, left_us % 1'000'000);
  client.set_read_timeout(left_us / 1'000'000, left_us % 1'000'000);
  client.set_write_timeout(left_us / 1'000'000, left_us % 1'000'000);
}

}  // namespace

struct Client::State {
  std::string url;
  bool insecure = false;
  std::string broken;  // why no client could be made
  std::unique_ptr<httplib::ClientImpl> client;
};

Client::Client(const std::string& url, const Access& access) : state_(std::make_unique<State>()) {
  state_->url = origin_of(url);
  try {
    const auto origin = parse_origin(state_->url);
    if (!origin) throw std::invalid_argument("it can't be read");
    auto client = client_for(*origin, access);
    if (!client->is_valid()) throw std::invalid_argument("the client certificate can't be used");
    client->set_keep_alive(true);
    client->set_follow_location(false);
    client->set_tcp_nodelay(true);
    client->set_decompress(false);
    client->enable_server_certificate_verification(!access.insecure);
    if (!access.ca.empty()) client->set_ca_cert_path(access.ca);
    if (!access.username.empty()) client->set_basic_auth(access.username, access.password.reveal());
    state_->client = std::move(client);
  } catch (const std::exception& problem) {
    state_->broken = problem.what();
  }
}

Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Answer> Client::get(const std::string& path, Deadline deadline) {
  return send("GET", path, "", "", deadline);
}

Result<Answer> Client::patch(const std::string& path, const Json& body, Deadline deadline) {
  return send("PATCH", path, to_text(body), "application/json", deadline);
}

Result<Answer> Client::send(const std::string& method, const std::string& path, const std::string& body,
                            const std::string& content_type, Deadline deadline) {
  Error error{
      ErrorKind::failed, state_->url, fmt::format("{} {} got no answer", method, path), "an HTTP answer", "", "", ""};
  if (!state_->client) {
    error.kind = ErrorKind::invalid;
    error.what = "is no usable address";
    error.expected = "http://host:port or https://host:port";
    error.seen = state_->broken;
    return fail(error);
  }
  const auto left_us = deadline.left().count();
  if (left_us == 0) {
    error.seen = "the deadline had passed before anything was sent";
    return fail(error);
  }
  Answer answer;
  bool too_long = false;
  try {
    auto request = request_for(method, path, body, content_type);
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      too_long = answer.body.size() + size > body_limit_bytes;
      if (too_long) return false;
      answer.body.append(data, size);
      return true;
    };
    auto& client = *state_->client;
    limit(client, left_us);
    const SigpipeBlocked no_sigpipe;
    const auto response = [&] {
      const Watchdog watchdog(client, deadline);
      return client.send(request);
    }();
    // An answer without a length ends with the connection: ours may have been ended by the watchdog.
    if (response && !deadline.passed()) {
      answer.status = response->status;
      return answer;
    }
    const auto code = response ? httplib::Error::Read : response.error();
    error.kind = nothing_was_sent(code) ? ErrorKind::failed : ErrorKind::unknown;
    error.seen =
        deadline.passed() && !nothing_was_sent(code) ? "nothing complete by the deadline" : in_words(code, too_long);
    error.hint = hint_for(code);
  } catch (const std::exception& problem) {
    error.kind = ErrorKind::unknown;
    error.seen = problem.what();
  }
  return fail(error);
}

const std::string& Client::url() const {
  return state_->url;
}

}  // namespace pgcleave::rest
