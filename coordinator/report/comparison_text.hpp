#pragma once

#include <string>
#include <vector>

#include "coordinator/analysis/analysis.hpp"

namespace ocibench::coordinator {

/// The words of a comparison, the same in every output. Texts from outside (names, reasons) are in
/// them as they came.

/// "cold", or "scale, 10 images"
std::string point_text(const std::string& scenario, std::uint32_t images);

/// "0.741x"
std::string ratio_text(const RatioEstimate& ratio);
/// "0.741x [0.702, 0.793]"; the factor alone where no interval covers 95 %.
std::string ratio_with_interval(const RatioEstimate& ratio);
/// Two digits: "0.0022", "0.03"; "<0.0001" below that.
std::string p_text(double p);

/// One sentence on each pair of which something can be said: "crane took 0.741x [0.702, 0.793] the
/// time of skopeo (p = 0.0022, Holm 0.03).", "regctl ~ skopeo: ...".
std::vector<std::string> supported_sentences(const Analysis& analysis,
                                             const PointComparison& comparison);

/// What the observing runs saw that timings do not tell: requests for referrers, answers of rate
/// limiters. Empty where nothing was observed; a sentence on referrers only when a tool asked.
std::vector<std::string> observed_sentences(const PointComparison& comparison);

/// One sentence for each reason why ranking words are withheld, with the tools that it is of.
std::vector<std::string> withheld_sentences(const Analysis& analysis,
                                            const PointComparison& comparison);

}  // namespace ocibench::coordinator
