#pragma once
#include <sys/types.h>

#include <string>

namespace pgcleave_lab {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  bool drop = false;  // started as root: become this user before running anything
};

User me();           // whoever runs this program
User server_user();  // who runs the servers: PostgreSQL refuses to run as root

bool give_to(int descriptor, const User& owner);  // fchown when it can matter; false sets errno

}  // namespace pgcleave_lab
