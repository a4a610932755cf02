#include "server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "base/file.h"
#include "kept_cluster.h"

namespace pgcleave::postgres::test {
namespace {

const passwd* unprivileged() {
  return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
}

// PostgreSQL refuses to run as root. The child ends with this program, however that ends.
pid_t spawn(const std::vector<std::string>& argv, const std::string& folder, const std::string& log) {
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const passwd* user = unprivileged();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (user != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
    ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::chdir(folder.c_str()) == 0) ::execv(words[0], words.data());
  ::_exit(127);
}

std::string program(const std::string& name) {
  std::string newest;
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    const auto path = version.path() / "bin" / name;
    if (std::filesystem::exists(path)) newest = std::max(newest, path.string());
  }
  if (newest.empty()) throw std::runtime_error("no " + name + " in /usr/lib/postgresql/*/bin");
  return newest;
}

// In memory where there is room. ext4 without a journal takes a millisecond of processor time to create each of a
// cluster's thousand files, as long as others were removed in the last minute: it steps over their inodes, one by one.
std::filesystem::path where_clusters_live() {
  constexpr std::uintmax_t room = 2UL << 30;
  const std::filesystem::path memory = "/dev/shm";
  std::error_code none;
  const auto space = std::filesystem::space(memory, none);
  const bool chosen = std::getenv("TMPDIR") != nullptr;
  return chosen || none || space.available < room ? std::filesystem::temp_directory_path() : memory;
}

}  // namespace

int free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(probe, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  ::close(probe);
  return ntohs(address.sin_port);
}

Server::Server(const std::string& cluster_name) : name_(cluster_name) {
  make_folder();
  const auto data = folder_ + "/data";
  if (!copy_kept_cluster(cluster_name, data)) {
    initialize(
        {program("initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"});
    keep_cluster(cluster_name, data);
  }
  start();
}

Server::Server(const std::string& cluster_name, const Server& upstream) : name_(cluster_name) {
  make_folder();
  initialize({program("pg_basebackup"), "-D", folder_ + "/data", "-h", "127.0.0.1", "-p",
              std::to_string(upstream.port()), "-U", "postgres", "-c", "fast", "-R", "--no-sync"});
  auto primary = upstream.connect();
  const auto began = run(primary, "SELECT clock_timestamp() AS at").text(0, "at");
  start();
  const auto until = Deadline::in(std::chrono::seconds(30));
  while (run(primary,
             "SELECT FROM pg_stat_replication WHERE replay_lsn IS NOT NULL AND state = 'streaming' AND "
             "backend_start > '" +
                 began + "'")
             .empty()) {
    if (until.passed()) throw std::runtime_error("the standby does not stream: " + log());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void Server::make_folder() {
  auto pattern = (where_clusters_live() / "pgcleave-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  if (const passwd* user = unprivileged();
      user != nullptr && ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("can't give away " + folder_);
  }
}

void Server::initialize(const std::vector<std::string>& argv) {
  int status = 0;
  ::waitpid(spawn(argv, folder_, folder_ + "/log"), &status, 0);
  if (status != 0) throw std::runtime_error(argv[0] + " failed: " + log());
}

void Server::start() {
  port_ = free_port();
  std::vector<std::string> argv = {program("postgres"), "-D", folder_ + "/data"};
  for (const auto& setting :
       {"listen_addresses=127.0.0.1", "fsync=off", "wal_level=logical", "shared_preload_libraries=pg_stat_statements",
        "max_prepared_transactions=5", "unix_socket_directories=", "shared_buffers=16MB", "max_wal_senders=5",
        "log_statement=all", "wal_retrieve_retry_interval=100ms"}) {
    argv.insert(argv.end(), {"-c", setting});
  }
  argv.insert(argv.end(), {"-c", "cluster_name=" + name_, "-c", "port=" + std::to_string(port_)});
  pid_ = spawn(argv, folder_, folder_ + "/log");
  const auto deadline = Deadline::in(std::chrono::seconds(10));
  while (!Connection::open(settings(), deadline)) {
    if (deadline.passed()) throw std::runtime_error("PostgreSQL did not start: " + log());
    sleep_until(deadline, std::chrono::milliseconds(10), nullptr);
  }
}

Server::~Server() {
  if (pid_ > 0) {
    ::kill(pid_, SIGQUIT);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Settings Server::settings(const std::string& user) const {
  Settings settings;
  settings.name = name_;
  settings.values = {{"host", "127.0.0.1"}, {"port", std::to_string(port_)}, {"user", user}, {"dbname", "postgres"}};
  return settings;
}

std::string Server::log() const {
  return read_file(folder_ + "/log", 1U << 30).value_or("");
}

Connection Server::connect(const std::string& user) const {
  auto connection = Connection::open(settings(user), soon());
  if (!connection) throw std::runtime_error(connection.error().text());
  return std::move(*connection);
}

Server& main_server() {
  static Server server("main");
  return server;
}

Server& ci_server() {
  static Server server("ci");
  return server;
}

Deadline soon() {
  return Deadline::in(std::chrono::seconds(5));
}

Rows run(Connection& connection, const std::string& sql) {
  auto rows = connection.simple(sql, soon());
  if (!rows) FAIL(sql << ": " << rows.error().text());
  return std::move(*rows);
}

Schema::Schema(Connection& connection, std::string name) : connection_(connection), name_(std::move(name)) {
  run(connection_,
      "SET client_min_messages TO warning; DROP SCHEMA IF EXISTS " + name_ + " CASCADE; CREATE SCHEMA " + name_);
}

Schema::~Schema() {
  static_cast<void>(connection_.simple("DROP SCHEMA IF EXISTS " + name_ + " CASCADE", soon()));
}

}  // namespace pgcleave::postgres::test
