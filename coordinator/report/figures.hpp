#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "coordinator/report/bundle_files.hpp"

namespace ocibench::coordinator {

// The texts of a bundle that another ocibench wrote differ in their wording from those that this
// one derives, and in what they print. Their figures must not: a figure is a word with a digit in
// it, so numbers, times, identifiers and hashes are figures.
//
// In JSON and CSV, what both have must be equal, whatever it is, but for sentences. A sentence (a
// line of summary.md, a headline, a cause, a warning) that differs from ours in its figures only is
// wrong; of one in other words, every figure must be one that is derived from the journal too.

/// What such a comparison leaves open.
struct FigureNotes {
  static constexpr std::size_t kMaxUnknown = 20;

  std::size_t reworded = 0;          ///< sentences in other words, whose figures were found
  std::vector<std::string> unknown;  ///< keys and columns that this ocibench does not derive
};

/// The words of `text` that have a digit.
std::vector<std::string_view> figures_of(std::string_view text);

/// `theirs` are the files of a bundle, `ours` the same ones as derived from its journal: both have
/// the same names in the same order. Pure.
/// Errors: bad_input naming the file, the place and both values.
Result<FigureNotes> compare_figures(const std::vector<BundleFile>& theirs,
                                    const std::vector<BundleFile>& ours);

}  // namespace ocibench::coordinator
