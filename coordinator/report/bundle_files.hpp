#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/analysis/analysis.hpp"

namespace ocibench::coordinator {

inline constexpr std::string_view kJournalFile = "journal.sqlite";
inline constexpr std::string_view kChecksumsFile = "SHA256SUMS";
inline constexpr std::string_view kProducerFile = "producer.json";
inline constexpr std::string_view kCampaignFile = "campaign.toml";
inline constexpr std::string_view kPlanFile = "plan.json";
inline constexpr std::string_view kIterationsFile = "iterations.csv";

/// A text file of a bundle.
struct BundleFile {
  std::string name;
  std::string content;
};

/// All text files of a bundle but SHA256SUMS and producer.json: campaign.toml, plan.json,
/// environment.json, subjects.json, iterations.csv, summary.json, summary.md. A pure function, so
/// that a bundle can be checked by writing them again.
std::vector<BundleFile> bundle_files(const Analysis& analysis);

}  // namespace ocibench::coordinator
