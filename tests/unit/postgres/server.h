// A throwaway PostgreSQL on a free loopback port, in a folder of its own. Runs as user postgres when the tests run as
// root.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "postgres/connection.h"

namespace pgcleave::postgres::test {

class Server {
 public:
  explicit Server(const std::string& cluster_name);
  // A streaming standby of another one, which has told that one how far it has replayed.
  Server(const std::string& cluster_name, const Server& upstream);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] Settings settings(const std::string& user = "postgres") const;
  [[nodiscard]] Connection connect(const std::string& user = "postgres") const;
  [[nodiscard]] std::string log() const;  // what the server wrote, every statement included
  [[nodiscard]] int port() const { return port_; }

 private:
  void make_folder();
  void initialize(const std::vector<std::string>& argv);
  void start();
  std::string folder_;
  std::string name_;
  int port_ = 0;
  pid_t pid_ = 0;
};

// Both are started by the first test that asks, and shared by all tests of the program.
Server& main_server();  // cluster_name = main
Server& ci_server();    // cluster_name = ci

Deadline soon();  // five seconds from now

// Runs it or fails the test.
Rows run(Connection& connection, const std::string& sql);

// A fresh schema for one test, dropped at its end.
class Schema {
 public:
  Schema(Connection& connection, std::string name);
  ~Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

 private:
  Connection& connection_;
  std::string name_;
};

int free_port();

}  // namespace pgcleave::postgres::test
