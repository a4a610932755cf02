// Files of a folder that are written all or not at all, each whole, and never over another one.
#pragma once

#include "init/file_texts.h"

namespace pgcleave::init {

// `invalid`: one of these names is taken in the folder, with its path.
Result<void> names_are_free(const std::string& directory, const std::vector<std::string>& names);

// A folder inside the directory in which files are tried and from which they are put in place. Gone with its object.
class StagedFiles {
 public:
  // Makes the directory where there is none.
  static Result<StagedFiles> in(const std::string& directory);
  StagedFiles(StagedFiles&& other) noexcept;
  StagedFiles& operator=(StagedFiles&&) = delete;
  ~StagedFiles();

  // With placeholders for secrets.
  [[nodiscard]] Result<void> stage(const std::vector<FileText>& files) const;
  [[nodiscard]] std::string path_of(const std::string& name) const;
  // The texts themselves. Where one name is taken meanwhile, none of them stays.
  Result<void> put_in_place(const std::vector<FileText>& files);

 private:
  StagedFiles(std::string directory, std::string folder)
      : directory_(std::move(directory)), folder_(std::move(folder)) {}
  std::string directory_;
  std::string folder_;
};

}  // namespace pgcleave::init
