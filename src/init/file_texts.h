// The files as they are written: environment.yml and split.yml with comments, and skeletons for secrets.
#pragma once

#include "init/found.h"

namespace pgcleave::init {

inline constexpr const char* environment_file = "environment.yml";
inline constexpr const char* split_file = "split.yml";
inline constexpr const char* passfile = "passfile";
inline constexpr const char* replication_secret = "replication-password";
inline constexpr const char* rest_secret = "rest-password";

struct FileText {
  std::string name;  // in the folder
  std::string text;
  bool secret = false;      // mode 0600
  std::string placeholder;  // in its place while the files are tried; empty: the text itself
};

// What a person has to decide or to know, besides what was read.
struct SplitTexts {
  Naming moved;
  std::vector<std::string> kept_schemas;
  std::vector<std::string> shared_tables;    // of extensions
  std::vector<std::string> moved_sequences;  // that no table tells of
  std::string why;
  std::vector<std::string> crossing;
};
SplitTexts split_texts(const Asked& asked, const Found& found, const Choice& choice);
// Small letters, digits and _ of the target's scope.
std::string split_name(const std::string& scope);

std::string environment_text(const Asked& asked, const Found& found);
std::string split_text(const std::string& name, const SplitTexts& texts);

// All files, the environment first.
std::vector<FileText> file_texts(const Asked& asked, const Found& found, const SplitTexts& split);

// As a value of YAML: quoted where it needs to be.
std::string yaml_value(const std::string& text);

}  // namespace pgcleave::init
