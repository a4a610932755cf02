// Writing SVG: shapes with a class, whose colours the stylesheet knows, so that they follow light, dark and paper.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pgcleave::report {

enum class Anchor { start, middle, end };

class Svg {
 public:
  void rect(double x, double y, double width, double height, const std::string& style, double radius = 0,
            const std::string& tip = "");
  void line(double x1, double y1, double x2, double y2, const std::string& style);
  void path(const std::vector<std::pair<double, double>>& points, const std::string& style, bool closed = false);
  void circle(double x, double y, double radius, const std::string& style, const std::string& tip = "");
  void text(double x, double y, const std::string& words, const std::string& style = "", Anchor anchor = Anchor::start);
  // A line that ends in an arrow head at its last point.
  void arrow(const std::vector<std::pair<double, double>>& points, const std::string& style);
  [[nodiscard]] std::string finish(double width, double height, const std::string& label,
                                   const std::string& style = "") const;

 private:
  std::string body_;
};

// Size of what is written into charts.
constexpr double letter = 12;

// About how wide the words are in letters of this size: enough to keep them apart.
double text_width(const std::string& words, double size);
// The words, cut with an ellipsis where they would be wider.
std::string fitted(const std::string& words, double size, double width);

// The words of an axis, from left to right: inside the drawing, and none on another.
class TickRow {
 public:
  TickRow(double y, double width, double size) : y_(y), width_(width), size_(size) {}
  void put(Svg& svg, double x, const std::string& label);

 private:
  double y_;
  double width_;
  double size_;
  double free_from_ = 0;
};

}  // namespace pgcleave::report
