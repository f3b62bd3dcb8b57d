#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace ocibench {

/// A name that cannot be mistaken for another kind of name. The tag is only a type.
template <class Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

  friend auto operator<=>(const StrongId&, const StrongId&) = default;
  friend bool operator==(const StrongId&, const StrongId&) = default;

 private:
  std::string text_;
};

}  // namespace ocibench

template <class Tag>
struct std::hash<ocibench::StrongId<Tag>> {
  std::size_t operator()(const ocibench::StrongId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
