#include "coordinator/report/verify.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/durable/record_log.hpp"
#include "common/file.hpp"
#include "common/sha256.hpp"
#include "common/units.hpp"
#include "coordinator/analysis/journal.hpp"
#include "coordinator/report/artifacts.hpp"
#include "coordinator/report/bundle_files.hpp"
#include "coordinator/report/checksums.hpp"
#include "coordinator/report/figures.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;

/// A text may be larger than the one that we derive, as another ocibench may print more; it is read
/// whole.
constexpr std::uint64_t kMostTimesLarger = 4;
constexpr std::uint64_t kMaxSmallTextBytes = kMiB;
constexpr std::string_view kUnnamedProducer =
    "an ocibench that did not name itself (as before record format 6)";

tl::unexpected<Error> wrong(const std::string& file, std::string_view what) {
  return fail(ErrorCode::bad_input, fmt::format("{}: {}", file, what));
}

Result<Checksums> claimed_checksums(const fs::path& bundle) {
  const Result<std::string> text = read_file(bundle / kChecksumsFile, kMaxChecksumsBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  Result<Checksums> claimed = parse_checksums(*text);
  return claimed ? std::move(claimed) : fail(claimed.error(), kChecksumsFile);
}

Result<void> compare_checksums(const Checksums& claimed, const Checksums& found) {
  for (const auto& [path, digest] : claimed) {
    const auto file = found.find(path);
    if (file == found.end()) {
      return wrong(path, "is in SHA256SUMS, but missing");
    }
    if (file->second != digest) {
      return wrong(path, "does not match its checksum in SHA256SUMS");
    }
  }
  return {};
}

std::size_t line_of_difference(std::string_view a, std::string_view b) {
  const auto* const first = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return static_cast<std::size_t>(std::count(a.begin(), first, '\n')) + 1;
}

/// The files of the bundle that have the names of the derived ones.
Result<std::vector<BundleFile>> read_texts(const fs::path& bundle,
                                           const std::vector<BundleFile>& derived) {
  std::vector<BundleFile> texts;
  for (const BundleFile& file : derived) {
    const std::uint64_t most = kMaxSmallTextBytes + kMostTimesLarger * file.content.size();
    Result<std::string> content = read_file(bundle / file.name, most);
    if (!content) {
      return tl::unexpected(content.error());
    }
    texts.push_back({file.name, *std::move(content)});
  }
  return texts;
}

Result<void> compare_bytes(const std::vector<BundleFile>& texts,
                           const std::vector<BundleFile>& derived) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].content != derived[i].content) {
      return wrong(texts[i].name,
                   fmt::format("line {} is not what journal.sqlite says",
                               line_of_difference(texts[i].content, derived[i].content)));
    }
  }
  return {};
}

/// Nothing in bundles of record format 5, whose producers did not name themselves.
Result<std::optional<Producer>> producer_of(const fs::path& bundle, const Checksums& found) {
  if (!found.contains(std::string(kProducerFile))) {
    return std::nullopt;
  }
  const Result<std::string> text = read_file(bundle / kProducerFile, kMaxSmallTextBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  Result<Producer> producer = parse_producer(*text);
  if (!producer) {
    return tl::unexpected(producer.error());
  }
  return *std::move(producer);
}

/// What the comparison with another producer's texts leaves open, in sentences.
std::vector<std::string> open_questions(const FigureNotes& notes) {
  std::vector<std::string> sentences;
  if (notes.reworded > 0) {
    sentences.push_back(fmt::format(
        "{} worded in another way than here: only their figures were compared (ocibench "
        "report prints ours)",
        notes.reworded == 1 ? "1 sentence is" : fmt::format("{} sentences are", notes.reworded)));
  }
  for (const std::string& unknown : notes.unknown) {
    sentences.push_back(fmt::format("{} is not known here and was not compared", unknown));
  }
  return sentences;
}

/// Compares the texts in the way that their producer allows, and says in `check` which that was.
Result<void> compare_texts(const std::vector<BundleFile>& texts,
                           const std::vector<BundleFile>& derived,
                           const std::optional<Producer>& producer, const Producer& verifier,
                           BundleCheck& check) {
  if (producer && writes_the_same(*producer, verifier)) {
    return compare_bytes(texts, derived);
  }
  const Result<FigureNotes> notes = compare_figures(texts, derived);
  if (!notes) {
    return tl::unexpected(notes.error());
  }
  check.compared_with = producer ? to_string(*producer) : std::string(kUnnamedProducer);
  check.warnings = open_questions(*notes);
  return {};
}

Result<Checksums> derive_artifacts(const durable::RecordLog& journal, const CampaignState& state) {
  std::map<std::string, Sha256> hashes;
  const Result<void> visited =
      visit_artifacts(journal, state, [&](const std::string& path, std::string_view bytes) {
        hashes[path].update(bytes);
        return Result<void>();
      });
  if (!visited) {
    return tl::unexpected(visited.error());
  }
  Checksums derived;
  for (auto& [path, hash] : hashes) {
    derived.emplace(path, hash.finish_hex());
  }
  return derived;
}

Result<void> compare_artifacts(const Checksums& derived, const Checksums& found) {
  for (const auto& [path, digest] : derived) {
    const auto file = found.find(path);
    if (file == found.end() || file->second != digest) {
      return wrong(path, file == found.end() ? "is in journal.sqlite, but missing"
                                             : "is not what journal.sqlite holds");
    }
  }
  return {};
}

/// Every file that a bundle of this journal has, but SHA256SUMS itself.
std::set<std::string> expected_files(const std::vector<BundleFile>& texts,
                                     const Checksums& artifacts) {
  std::set<std::string> names = {std::string(kJournalFile)};
  for (const BundleFile& file : texts) {
    names.insert(file.name);
  }
  for (const auto& [path, digest] : artifacts) {
    names.insert(path);
  }
  return names;
}

Result<void> compare_names(const std::set<std::string>& expected, const Checksums& claimed,
                           const Checksums& found, BundleCheck& check) {
  for (const std::string& name : expected) {
    if (!claimed.contains(name)) {
      return wrong(name, "belongs to the bundle, but SHA256SUMS does not name it");
    }
  }
  for (const auto& [name, digest] : found) {
    if (!expected.contains(name) && name != kChecksumsFile) {
      check.warnings.push_back(fmt::format("{} is no part of the bundle", name));
    }
  }
  check.files = expected.size();
  return {};
}

/// What lies in the folder: each file's hash, as SHA256SUMS has it.
struct Hashes {
  Checksums claimed;
  Checksums found;
};

Result<Hashes> check_hashes(const fs::path& bundle) {
  Result<Checksums> claimed = claimed_checksums(bundle);
  if (!claimed) {
    return tl::unexpected(claimed.error());
  }
  Result<Checksums> found = hash_folder(bundle);
  if (!found) {
    return tl::unexpected(found.error());
  }
  if (const Result<void> equal = compare_checksums(*claimed, *found); !equal) {
    return tl::unexpected(equal.error());
  }
  return Hashes{*std::move(claimed), *std::move(found)};
}

/// Holds what is in the folder against what its journal says.
Result<BundleCheck> compare_with_journal(const fs::path& bundle, const Hashes& hashes,
                                         const durable::RecordLog& journal,
                                         const Producer& verifier) {
  const Result<Analysis> analysis = analyse_journal(journal);
  if (!analysis) {
    return fail(analysis.error(), kJournalFile);
  }
  const std::vector<BundleFile> derived = bundle_files(*analysis);
  const Result<Checksums> artifacts = derive_artifacts(journal, analysis->state);
  if (!artifacts) {
    return fail(artifacts.error(), kJournalFile);
  }
  const Result<std::vector<BundleFile>> texts = read_texts(bundle, derived);
  if (!texts) {
    return tl::unexpected(texts.error());
  }
  const Result<std::optional<Producer>> producer = producer_of(bundle, hashes.found);
  if (!producer) {
    return tl::unexpected(producer.error());
  }
  std::set<std::string> expected = expected_files(derived, *artifacts);
  if (*producer) {
    expected.insert(std::string(kProducerFile));
  }
  BundleCheck check{.verdict = analysis->verdict};
  Result<void> same = compare_texts(*texts, derived, *producer, verifier, check);
  same = same ? compare_artifacts(*artifacts, hashes.found) : same;
  same = same ? compare_names(expected, hashes.claimed, hashes.found, check) : same;
  return same ? Result<BundleCheck>(std::move(check)) : tl::unexpected(same.error());
}

}  // namespace

Result<BundleCheck> verify_bundle(const fs::path& bundle, const Producer& verifier) {
  const Result<Hashes> hashes = check_hashes(bundle);
  if (!hashes) {
    return tl::unexpected(hashes.error());
  }
  const auto journal = durable::RecordLog::open_read_only(bundle / kJournalFile);
  if (!journal) {
    return fail(journal.error(), kJournalFile);
  }
  return compare_with_journal(bundle, *hashes, *journal, verifier);
}

}  // namespace ocibench::coordinator
