// A password or token. It has no operator<<, no formatter and no conversion: whoever needs the text calls reveal(), and
// a reviewer finds every such place by that name.
#pragma once

#include <string>
#include <utility>

namespace pgcleave {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] const std::string& reveal() const { return text_; }

 private:
  std::string text_;
};

}  // namespace pgcleave
