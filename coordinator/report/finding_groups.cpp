#include "coordinator/report/finding_groups.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/text.hpp"
#include "coordinator/report/comparison_text.hpp"

namespace ocibench::coordinator {
namespace {

/// A text with its numbers taken out. Digits within a name ("lane-2", "r1") are no number.
struct Shape {
  std::vector<std::string> words;  ///< one more than there are numbers
  std::vector<std::string> numbers;
};

std::size_t number_at(std::string_view text, std::size_t at) {
  if (at > 0 && std::string_view(" (").find(text[at - 1]) == std::string_view::npos) {
    return 0;
  }
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) {
    ++end;
  }
  if (end > at && end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    ++end;
    while (end < text.size() && is_digit(text[end])) {
      ++end;
    }
  }
  const bool ends =
      end == text.size() || std::string_view(" ),;:").find(text[end]) != std::string_view::npos;
  return ends ? end - at : 0;
}

Shape shape_of(std::string_view text) {
  Shape shape{.words = {""}};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = number_at(text, at);
    if (size > 0) {
      shape.numbers.emplace_back(text.substr(at, size));
      shape.words.emplace_back();
    } else {
      shape.words.back() += text[at];
    }
    at += std::max<std::size_t>(size, 1);
  }
  return shape;
}

/// Numbers of equal texts, the smallest and the largest in each place.
struct Range {
  std::string low;
  std::string high;

  void add(const std::string& number) {
    const double value = std::strtod(number.c_str(), nullptr);
    low = value < std::strtod(low.c_str(), nullptr) ? number : low;
    high = value > std::strtod(high.c_str(), nullptr) ? number : high;
  }
};

/// What a finding is of, when it is of an iteration that counts.
struct Place {
  std::string cell;
  std::string name;
};

/// Places by Finding::where, and how many iterations each cell has.
struct Iterations {
  std::map<std::string, Place> by_where;
  std::map<std::string, std::size_t> in_cell;
  std::size_t all = 0;
};

Iterations iterations_of(const CampaignState& state) {
  Iterations iterations;
  for (const TrialState& trial : state.trials) {
    const std::string cell = fmt::format(
        "{}, {}", point_text(trial.trial.scenario, trial.trial.images), trial.trial.tool);
    for (const Iteration& iteration : trial.counted) {
      const std::string name =
          fmt::format("{} iteration {}", trial.trial.id.str(), iteration.index);
      iterations.by_where[name] = {cell, name};
      if (const AttemptState* attempt = trial.shown_attempt()) {
        iterations.by_where[fmt::format("{} iteration {}", name_of(attempt->id), iteration.index)] =
            {cell, name};
      }
      ++iterations.in_cell[cell];
      ++iterations.all;
    }
  }
  return iterations;
}

/// A group while it is collected.
struct Collected {
  FindingCode code = FindingCode::contradiction;
  std::vector<std::string> words;
  std::vector<Range> ranges;
  std::vector<std::string> elsewhere;  ///< places that are no iteration
  std::vector<std::pair<std::string, std::vector<std::string>>> cells;

  void add_place(const std::string& where, const Iterations& iterations) {
    const auto place = iterations.by_where.find(where);
    if (place == iterations.by_where.end()) {
      elsewhere.push_back(where);
      return;
    }
    const auto& [cell, name] = place->second;
    auto known = std::ranges::find(cells, cell, [](const auto& one) { return one.first; });
    if (known == cells.end()) {
      known = cells.insert(known, {cell, {}});
    }
    if (std::ranges::find(known->second, name) == known->second.end()) {
      known->second.push_back(name);
    }
  }
};

std::string text_of(const Collected& group) {
  std::string text = group.words.front();
  for (std::size_t i = 0; i < group.ranges.size(); ++i) {
    const Range& range = group.ranges[i];
    text += range.low == range.high ? range.low : fmt::format("{} to {}", range.low, range.high);
    text += group.words[i + 1];
  }
  return text;
}

std::vector<std::string> places_of(const Collected& group, const Iterations& iterations) {
  std::vector<std::string> places = group.elsewhere;
  std::size_t count = 0;
  for (const auto& [cell, names] : group.cells) {
    count += names.size();
    if (names.size() <= FindingGroup::kMostNamed) {
      places.insert(places.end(), names.begin(), names.end());
    } else {
      places.push_back(
          fmt::format("{}: {} of {} iterations", cell, names.size(), iterations.in_cell.at(cell)));
    }
  }
  if (group.elsewhere.empty() && count == iterations.all && count > FindingGroup::kMostNamed) {
    return {"every iteration"};
  }
  return places;
}

bool differs_in_numbers_only(FindingCode code) {
  return code == FindingCode::marked_iteration || code == FindingCode::missed_ticks;
}

}  // namespace

std::vector<FindingGroup> group_findings(const CampaignState& state,
                                         const std::vector<Finding>& findings) {
  const Iterations iterations = iterations_of(state);
  std::vector<Collected> groups;
  std::map<std::pair<FindingCode, std::vector<std::string>>, std::size_t> known;
  for (const Finding& finding : findings) {
    const Shape shape =
        differs_in_numbers_only(finding.code) ? shape_of(finding.text) : Shape{{finding.text}, {}};
    const auto [place, is_new] = known.emplace(std::pair(finding.code, shape.words), groups.size());
    if (is_new) {
      groups.push_back({.code = finding.code, .words = shape.words});
      for (const std::string& number : shape.numbers) {
        groups.back().ranges.push_back({number, number});
      }
    }
    Collected& group = groups[place->second];
    for (std::size_t i = 0; i < shape.numbers.size(); ++i) {
      group.ranges[i].add(shape.numbers[i]);
    }
    group.add_place(finding.where, iterations);
  }
  std::vector<FindingGroup> result;
  for (const Collected& group : groups) {
    result.push_back({group.code, text_of(group), places_of(group, iterations)});
  }
  return result;
}

}  // namespace ocibench::coordinator
