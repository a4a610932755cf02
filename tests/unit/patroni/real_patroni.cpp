// One real etcd and one real Patroni, so that the stand-in stays honest.
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
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
#include "member.h"
#include "patroni/cluster.h"

using namespace pgcleave;
using namespace pgcleave::patroni;

namespace {

namespace fs = std::filesystem;

class Server {
 public:
  Server(std::vector<std::string> argv, const std::string& folder, const std::string& log) {
    std::vector<std::string> all = {"setpriv", "--pdeathsig", "TERM"};
    if (::geteuid() == 0) all.insert(all.end(), {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"});
    all.insert(all.end(), {"--", "env", "HOME=" + folder});
    all.insert(all.end(), argv.begin(), argv.end());
    std::vector<char*> words;
    for (auto& word : all) words.push_back(word.data());
    words.push_back(nullptr);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(out, 1);
    ::dup2(out, 2);
    if (::chdir(folder.c_str()) == 0) ::execvp(words[0], words.data());
    ::_exit(127);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    ::kill(pid_, SIGTERM);
    for (int i = 0; i < 1000 && ::waitpid(pid_, nullptr, WNOHANG) != pid_; ++i) {
      if (i == 900) ::kill(pid_, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

 private:
  pid_t pid_ = 0;
};

std::string postgres_binaries() {
  std::string newest;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql")) {
    newest = std::max(newest, version.path().string() + "/bin");
  }
  return newest;
}

struct RealCluster {
  std::string folder;
  int rest_port = free_port();
  int postgres_port = free_port();
  std::unique_ptr<Server> etcd;
  std::unique_ptr<Server> member;

  RealCluster() {
    auto pattern = (fs::temp_directory_path() / "pgcleave-unit-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    if (::geteuid() == 0) {
      const auto* user = ::getpwnam("postgres");
      REQUIRE(user != nullptr);
      REQUIRE(::chown(folder.c_str(), user->pw_uid, user->pw_gid) == 0);
    }
    const auto client = fmt::format("http://127.0.0.1:{}", free_port());
    const auto peer = fmt::format("http://127.0.0.1:{}", free_port());
    etcd = std::make_unique<Server>(
        std::vector<std::string>{"etcd", "--data-dir", folder + "/etcd", "--listen-client-urls", client,
                                 "--advertise-client-urls", client, "--listen-peer-urls", peer,
                                 "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer,
                                 "--unsafe-no-fsync=true"},
        folder, folder + "/etcd.log");
    std::ofstream(folder + "/member.yml") << fmt::format(
        R"(scope: shop
name: shop-1
restapi: {{listen: "127.0.0.1:{0}", connect_address: "127.0.0.1:{0}",
           authentication: {{username: admin, password: "s3:cret"}}}}
etcd3: {{host: "{1}"}}
bootstrap:
  dcs: {{ttl: 30, loop_wait: 2, retry_timeout: 5, postgresql: {{use_slots: true}}}}
  initdb: [{{auth: trust}}]
postgresql:
  listen: 127.0.0.1:{2}
  connect_address: 127.0.0.1:{2}
  data_dir: {3}/data
  bin_dir: {4}
  pgpass: {3}/pgpass
  authentication: {{replication: {{username: replicator, password: r}}, superuser: {{username: postgres, password: p}}}}
  parameters: {{unix_socket_directories: "{3}", shared_buffers: 16MB, fsync: "off"}}
)",
        rest_port, client.substr(7), postgres_port, folder, postgres_binaries());
    member = std::make_unique<Server>(std::vector<std::string>{"patroni", folder + "/member.yml"}, folder,
                                      folder + "/member.log");
  }
  RealCluster(const RealCluster&) = delete;
  RealCluster& operator=(const RealCluster&) = delete;
  ~RealCluster() {
    member.reset();
    etcd.reset();
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  [[nodiscard]] Access access(bool authenticated) const {
    Access out;
    out.members = {fmt::format("http://127.0.0.1:{}", rest_port)};
    if (authenticated) {
      out.username = "admin";
      out.password = Secret("s3:cret");
    }
    return out;
  }
};

Deadline patience() {
  return Deadline::in(std::chrono::seconds(5));
}

}  // namespace

TEST_CASE("a real Patroni answers as the stand-in does", "[slow]") {
  const RealCluster real;
  Cluster cluster("source", real.access(true));
  const auto up = wait_until("the cluster leads", Deadline::in(std::chrono::seconds(30)),
                             std::chrono::milliseconds(100), nullptr, [&] {
                               const auto view = cluster.view(patience());
                               return Result<bool>(view && view->leader() != nullptr &&
                                                   view->leader()->state == "running" && view->leader()->timeline == 1);
                             });
  std::ifstream log(real.folder + "/member.log");
  INFO(std::string(std::istreambuf_iterator<char>(log), {}));
  REQUIRE((up ? "" : up.error().text()) == "");

  const auto view = cluster.view(patience()).value();
  CHECK(view.scope == "shop");
  CHECK_FALSE(view.paused);
  REQUIRE(view.members.size() == 1);
  CHECK(view.members[0].name == "shop-1");
  CHECK(view.members[0].role == Role::leader);
  CHECK(view.members[0].host == "127.0.0.1");
  CHECK(view.members[0].port == real.postgres_port);
  CHECK(view.members[0].rest_url == fmt::format("http://127.0.0.1:{}/patroni", real.rest_port));

  // Who leads is found, and an unknown key is kept in the same write.
  REQUIRE(cluster.warm(patience()).has_value());
  const auto patched = cluster.patch_config(Json{{"pgcleave", {{"run", "r1"}}}, {"pause", true}}, patience());
  REQUIRE((patched ? "" : patched.error().text()) == "");
  CHECK((*patched)["pgcleave"]["run"] == "r1");
  // GET /config shows what the member last read from its DCS: a moment later than the answer to PATCH (3.0.2).
  const auto shown = wait_until("the configuration shows it", patience(), std::chrono::milliseconds(20), nullptr,
                                [&]() -> Result<bool> {
                                  TRY_ASSIGN(const auto config, cluster.config(patience()));
                                  return config.contains("pgcleave") && config["pgcleave"]["run"] == "r1";
                                });
  CHECK((shown ? "" : shown.error().text()) == "");
  CHECK(cluster.view(patience())->paused);
  const auto obstacles = cluster.obstacles_to_promotion(patience());
  REQUIRE((obstacles ? "" : obstacles.error().text()) == "");
  CHECK(obstacles->size() == 3);  // paused, promoted already, no standby_cluster
  const auto again = cluster.patch_config(Json{{"pgcleave", nullptr}, {"pause", nullptr}}, patience());
  REQUIRE(again.has_value());
  CHECK_FALSE(again->contains("pgcleave"));
  CHECK(cluster.patch_config(Json{{"pgcleave", nullptr}}, patience()).has_value());

  // Reading needs no password, writing does.
  Cluster stranger("source", real.access(false));
  CHECK(stranger.view(patience()).has_value());
  const auto refused = stranger.patch_config(Json{{"ttl", 31}}, patience());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::failed);
  CHECK(refused.error().code == "401");
  CHECK(cluster.config(patience()).value()["ttl"] == 30);
}
