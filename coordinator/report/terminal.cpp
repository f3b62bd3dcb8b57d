#include "coordinator/report/terminal.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/text.hpp"
#include "coordinator/report/comparison_text.hpp"
#include "coordinator/report/headline.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::size_t kMaxReasons = 10;

// SGR parameters of ECMA-48: bold green, yellow, red.
std::string_view color_code(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::valid: return "\x1b[1;32m";
    case VerdictKind::incomplete: return "\x1b[1;33m";
    case VerdictKind::invalid: return "\x1b[1;31m";
  }
  OCIBENCH_ASSERT(false && "a VerdictKind outside its enumerators");
}

/// Compact: the sentences of what can be said, the reasons where nothing can.
std::string comparison_lines(const Analysis& analysis) {
  std::string text;
  for (const PointComparison& comparison : analysis.comparisons) {
    for (const auto& sentences :
         {supported_sentences(analysis, comparison), withheld_sentences(analysis, comparison)}) {
      for (const std::string& sentence : sentences) {
        text += fmt::format("  {}: {}\n",
                            point_text(comparison.point.scenario, comparison.point.images),
                            printable(sentence));
      }
    }
  }
  return text.empty() ? text
                      : "Side by side (directional: summary.md begins with the caveats):\n" + text;
}

}  // namespace

std::string terminal_summary(const Analysis& analysis, const std::filesystem::path& bundle,
                             Color color) {
  const Verdict& verdict = analysis.verdict;
  std::string text = verdict_line(verdict);
  if (color == Color::always) {
    text = fmt::format("{}{}\x1b[0m", color_code(verdict.kind), text);
  }
  text += "\n";
  for (const Row& row : analysis.rows) {
    if (!row.aggregate.calibration) {
      text += fmt::format("  {}\n", printable(headline(analysis, row)));
    }
  }
  text += comparison_lines(analysis);
  if (!verdict.reasons.empty()) {
    text += "Why it is not valid:\n";
  }
  const std::size_t shown = std::min(verdict.reasons.size(), kMaxReasons);
  for (std::size_t i = 0; i < shown; ++i) {
    text += fmt::format("  {}\n", printable(verdict.reasons[i]));
  }
  if (shown < verdict.reasons.size()) {
    text += fmt::format("  and {} more: see summary.md\n", verdict.reasons.size() - shown);
  }
  return text + fmt::format("Results: {}\n", bundle.string());
}

}  // namespace ocibench::coordinator
