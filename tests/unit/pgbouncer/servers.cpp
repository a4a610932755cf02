#include "servers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/format.h"
#include "postgres/kept_cluster.h"

namespace pgcleave::pgbouncer {
namespace {

namespace fs = std::filesystem;

std::string postgres_binaries() {
  std::string newest;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql")) {
    const auto folder = version.path().string() + "/bin";
    if (fs::exists(folder + "/initdb") && folder > newest) newest = folder;
  }
  REQUIRE(newest != "");
  return newest;
}

void give_to_postgres(const std::string& path) {
  if (::geteuid() != 0) return;
  const auto* user = ::getpwnam("postgres");
  REQUIRE(user != nullptr);
  REQUIRE(::chown(path.c_str(), user->pw_uid, user->pw_gid) == 0);
}

// setpriv also sees to it that the server ends when the test program dies.
pid_t start(std::vector<std::string> argv, const std::string& log) {
  std::vector<std::string> all = {"setpriv", "--pdeathsig", "KILL"};
  if (::geteuid() == 0) all.insert(all.end(), {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"});
  all.push_back("--");
  all.insert(all.end(), argv.begin(), argv.end());
  std::vector<char*> words;
  for (auto& word : all) words.push_back(word.data());
  words.push_back(nullptr);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid > 0) return pid;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::chdir("/") == 0) ::execvp(words[0], words.data());
  ::_exit(127);
}

void run(std::vector<std::string> argv, const std::string& log) {
  int status = 0;
  REQUIRE(::waitpid(start(std::move(argv), log), &status, 0) > 0);
  INFO(slurp(log));
  REQUIRE(status == 0);
}

void wait_for(const postgres::Settings& settings) {
  const auto deadline = Deadline::in(std::chrono::seconds(15));
  std::string last;
  while (!deadline.passed()) {
    auto connection = postgres::Connection::open(settings, soon());
    if (connection) return;
    last = connection.error().text();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  FAIL(last);
}

postgres::Settings loopback(const std::string& name, int port, const std::string& database) {
  postgres::Settings out;
  out.name = name;
  out.values = {{"host", "127.0.0.1"},
                {"port", std::to_string(port)},
                {"dbname", database},
                {"user", "postgres"},
                {"sslmode", "disable"}};
  return out;
}

postgres::Connection opened(const postgres::Settings& settings) {
  auto connection = postgres::Connection::open(settings, soon());
  REQUIRE((connection ? "" : connection.error().text()) == "");
  return std::move(*connection);
}

}  // namespace

Folder::Folder() {
  std::string pattern = (fs::temp_directory_path() / "pgcleave-unit-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
  REQUIRE(::chmod(path_.c_str(), 0755) == 0);
  give_to_postgres(path_);
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

Server::Server(std::vector<std::string> argv, const std::string& log, int end_signal)
    : pid_(start(std::move(argv), log)), end_signal_(end_signal) {}

void Server::end() {
  if (pid_ <= 0) return;
  ::kill(pid_, end_signal_);
  for (int i = 0; i < 500; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

Postgres::Postgres(const Folder& folder, const std::string& name) : port_(free_port()) {
  const auto binaries = postgres_binaries();
  const auto data = folder.path() + "/" + name;
  const auto log = data + ".log";
  if (const auto kept = "behind-bouncers-" + name; !postgres::test::copy_kept_cluster(kept, data)) {
    run({binaries + "/initdb", "-D", data, "-N", "-A", "trust", "-U", "postgres", "--no-instructions"}, log);
    postgres::test::keep_cluster(kept, data);
  }
  server_ = std::make_unique<Server>(
      std::vector<std::string>{binaries + "/postgres", "-D", data, "-p", std::to_string(port_), "-c",
                               "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c",
                               "shared_buffers=16MB", "-c", "max_connections=60", "-c", "cluster_name=" + name},
      log, SIGINT);
  wait_for(loopback(name, port_, "postgres"));
}

postgres::Connection Postgres::connect() const {
  return opened(loopback("a server", port_, "postgres"));
}

void make_logins_take_a_second(const Postgres& server) {
  auto direct = server.connect();
  REQUIRE(direct.simple("alter system set pre_auth_delay = 1", soon()).has_value());
  REQUIRE(direct.simple("select pg_reload_conf()", soon()).has_value());
}

RunningBouncer::RunningBouncer(const Folder& folder, const std::string& name, int postgres_port,
                               const std::string& more)
    : name_(name), folder_(folder.path()), config_(folder_ + "/" + name + ".ini"), port_(free_port()) {
  spew(config_,
       fmt::format(
           "[databases]\n; the pool\napp = host=127.0.0.1 port={} dbname=postgres user=postgres\n\n[pgbouncer]\n"
           "listen_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\nauth_type = any\nadmin_users = postgres\n"
           "pool_mode = transaction\ndefault_pool_size = 10\nlogfile = {}/{}.log\n{}",
           postgres_port, port_, folder_, name, more));
  give_to_postgres(config_);
  restart();
}

void RunningBouncer::restart() {
  stop();
  server_ = std::make_unique<Server>(std::vector<std::string>{"/usr/sbin/pgbouncer", "-q", config_},
                                     folder_ + "/" + name_ + ".out", SIGKILL);
  wait_for(loopback(name_, port_, "pgbouncer"));
}

void RunningBouncer::stop() {
  server_.reset();
}

BouncerSpec RunningBouncer::spec() const {
  BouncerSpec out;
  out.name = name_;
  out.console = loopback(name_, port_, "pgbouncer");
  out.config = config_;
  out.database = "app";
  return out;
}

Console RunningBouncer::console() const {
  auto console = Console::open(loopback(name_, port_, "pgbouncer"), soon());
  REQUIRE(console.has_value());
  return std::move(*console);
}

postgres::Settings RunningBouncer::client() const {
  auto out = loopback("client of " + name_, port_, "app");
  out.values["application_name"] = "shop";
  out.cancel_on_deadline = false;
  return out;
}

postgres::Connection RunningBouncer::connect() const {
  return opened(client());
}

std::string setting(const RunningBouncer& bouncer, const std::string& key) {
  return bouncer.console().setting(key, soon()).value();
}

int port_behind(const RunningBouncer& bouncer) {
  auto client = bouncer.connect();
  const auto rows = client.simple("select inet_server_port() as port", soon());
  REQUIRE((rows ? "" : rows.error().text()) == "");
  return std::stoi(rows->text(0, "port"));
}

void pause_and_repoint(Fleet& fleet, const Route& next) {
  REQUIRE(problem(fleet.stage_route(next, soon())) == "");
  REQUIRE(pause_all(fleet, soon(), nullptr).has_value());
  REQUIRE(problem(fleet.repoint(next, soon())) == "");
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void spew(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace pgcleave::pgbouncer
