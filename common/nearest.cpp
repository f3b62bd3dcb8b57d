#include "common/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ocibench {
namespace {

// Names come from files of strangers and the distance costs the product of the lengths.
constexpr std::size_t kMaxLength = 64;
constexpr std::size_t kMaxListed = 12;

/// Optimal string alignment: Levenshtein's distance with swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({replaced, last[j] + 1, current[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, current);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name,
                                        const std::vector<std::string>& known) {
  if (name.empty() || name.size() > kMaxLength) {
    return std::nullopt;
  }
  std::optional<std::string> nearest;
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > kMaxLength) {
      continue;
    }
    if (const std::size_t distance = edit_distance(name, candidate); distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  if (const auto nearest = nearest_name(name, known)) {
    return fmt::format("; did you mean `{}`?", *nearest);
  }
  if (known.empty()) {
    return "; none is known";
  }
  const auto listed = static_cast<std::ptrdiff_t>(std::min(known.size(), kMaxListed));
  return fmt::format("; known: {}{}", fmt::join(known.begin(), known.begin() + listed, ", "),
                     known.size() > kMaxListed ? ", ..." : "");
}

}  // namespace ocibench
