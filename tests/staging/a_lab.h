// A lab of its own for a test program: up when it is made, down and gone at its end.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/format.h"

namespace pgcleave {

class ALab {
 public:
  // `name` is part of its folder's.
  explicit ALab(const std::string& name) {
    auto pattern = (std::filesystem::temp_directory_path() / ("pgcleave-" + name + "-XXXXXX")).string();
    folder_ = ::mkdtemp(pattern.data());
    ::chmod(folder_.c_str(), 0711);  // the servers run as another user
    if (call("up --bouncers 2") != 0) FAIL("the lab does not come up: " << read_file(folder_ / "lab.out").value_or(""));
  }
  ~ALab() {
    call("down");
    std::filesystem::remove_all(folder_);
  }
  ALab(const ALab&) = delete;
  ALab& operator=(const ALab&) = delete;

  [[nodiscard]] std::filesystem::path folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path environment() const { return folder_ / "lab" / "environment.yml"; }

 private:
  int call(const std::string& words) const {
    return std::system(fmt::format("{} {} --dir {}/lab >{}/lab.out 2>&1", PGCLEAVE_LAB_PROGRAM, words, folder_.string(),
                                   folder_.string())
                           .c_str());
  }
  std::filesystem::path folder_;
};

}  // namespace pgcleave
