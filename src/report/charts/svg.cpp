#include "report/charts/svg.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "report/document/escape.h"

namespace pgcleave::report {
namespace {

constexpr double head_length = 8;
constexpr double head_width = 4;

// A tenth of a pixel is fine enough, and keeps the file small.
std::string place(double value) {
  auto text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string style_attribute(const std::string& style) {
  return style.empty() ? "" : " class=\"" + style + "\"";
}

std::string ending(const std::string& element, const std::string& tip) {
  return tip.empty() ? "/>" : "><title>" + html(tip) + "</title></" + element + ">";
}

bool begins_letter(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

// Of the size, as DejaVu Sans has them, which is the widest of the letters that systems put here.
double width_of(char c) {
  static const std::string narrow = "ijl.,:;'|! ";
  static const std::string slim = "-frtI()/[]";
  if (narrow.find(c) != std::string::npos) return 0.34;
  if (slim.find(c) != std::string::npos) return 0.42;
  if (c == 'm' || c == 'w' || c == 'M' || c == 'W' || c == '%' || c == '+') return 0.97;
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) return 0.66;
  return begins_letter(c) ? 0.62 : 0;
}

}  // namespace

void Svg::rect(double x, double y, double width, double height, const std::string& style, double radius,
               const std::string& tip) {
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}{}{}", place(x), place(y), place(width),
                       place(height), radius > 0 ? fmt::format(" rx=\"{}\"", place(radius)) : "",
                       style_attribute(style), ending("rect", tip));
}

void Svg::line(double x1, double y1, double x2, double y2, const std::string& style) {
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}/>", place(x1), place(y1), place(x2), place(y2),
                       style_attribute(style));
}

void Svg::path(const std::vector<std::pair<double, double>>& points, const std::string& style, bool closed) {
  std::string way;
  for (const auto& [x, y] : points) way += (way.empty() ? "M" : "L") + place(x) + " " + place(y);
  body_ += fmt::format("<path d=\"{}{}\"{}/>", way, closed ? "Z" : "", style_attribute(style));
}

void Svg::circle(double x, double y, double radius, const std::string& style, const std::string& tip) {
  body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}{}", place(x), place(y), place(radius),
                       style_attribute(style), ending("circle", tip));
}

void Svg::text(double x, double y, const std::string& words, const std::string& style, Anchor anchor) {
  const char* where = anchor == Anchor::end      ? " text-anchor=\"end\""
                      : anchor == Anchor::middle ? " text-anchor=\"middle\""
                                                 : "";
  body_ += fmt::format("<text x=\"{}\" y=\"{}\"{}{}>{}</text>", place(x), place(y), where, style_attribute(style),
                       html(words));
}

void Svg::arrow(const std::vector<std::pair<double, double>>& points, const std::string& style) {
  const auto [x, y] = points.back();
  const auto [from_x, from_y] = points[points.size() - 2];
  const double length = std::hypot(x - from_x, y - from_y);
  const double dx = (x - from_x) / length;
  const double dy = (y - from_y) / length;
  auto shaft = points;
  shaft.back() = {x - dx * head_length * 0.8, y - dy * head_length * 0.8};
  path(shaft, style);
  path({{x, y},
        {x - dx * head_length - dy * head_width, y - dy * head_length + dx * head_width},
        {x - dx * head_length + dy * head_width, y - dy * head_length - dx * head_width}},
       style + " head", true);
}

std::string Svg::finish(double width, double height, const std::string& label, const std::string& style) const {
  return fmt::format("<svg viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" role=\"img\" aria-label=\"{}\"{}>{}</svg>",
                     place(width), place(height), place(width), place(height), html(label), style_attribute(style),
                     body_);
}

double text_width(const std::string& words, double size) {
  double width = 0;
  for (const char c : words) width += width_of(c);
  return width * size;
}

std::string fitted(const std::string& words, double size, double width) {
  if (text_width(words, size) <= width) return words;
  double room = width - size;  // of the ellipsis
  for (std::size_t at = 0; at < words.size(); ++at) {
    room -= width_of(words[at]) * size;
    if (room < 0 && begins_letter(words[at])) return words.substr(0, at) + "…";
  }
  return words;
}

void TickRow::put(Svg& svg, double x, const std::string& label) {
  const double half = text_width(label, size_) / 2;
  const double middle = std::clamp(x, half, std::max(half, width_ - half));
  if (middle - half < free_from_) return;
  svg.text(middle, y_, label, "small muted num", Anchor::middle);
  free_from_ = middle + half + size_ / 2;
}

}  // namespace pgcleave::report
