#include "coordinator/report/verify.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/durable/record_log.hpp"
#include "common/file.hpp"
#include "common/sha256.hpp"
#include "coordinator/analysis/journal.hpp"
#include "coordinator/report/artifacts.hpp"
#include "coordinator/report/bundle_files.hpp"
#include "coordinator/report/checksums.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxTextFileBytes = std::uint64_t{4} * 1024 * 1024 * 1024;

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

Result<void> compare_texts(const fs::path& bundle, const std::vector<BundleFile>& derived) {
  for (const BundleFile& file : derived) {
    const Result<std::string> content = read_file(bundle / file.name, kMaxTextFileBytes);
    if (!content) {
      return tl::unexpected(content.error());
    }
    if (*content != file.content) {
      return wrong(file.name, fmt::format("line {} is not what journal.sqlite says",
                                          line_of_difference(*content, file.content)));
    }
  }
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

Result<BundleCheck> compare_names(const std::set<std::string>& expected, const Checksums& claimed,
                                  const Checksums& found) {
  BundleCheck check;
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
  return check;
}

}  // namespace

Result<BundleCheck> verify_bundle(const fs::path& bundle) {
  const Result<Checksums> claimed = claimed_checksums(bundle);
  if (!claimed) {
    return tl::unexpected(claimed.error());
  }
  const Result<Checksums> found = hash_folder(bundle);
  if (!found) {
    return tl::unexpected(found.error());
  }
  if (const Result<void> equal = compare_checksums(*claimed, *found); !equal) {
    return tl::unexpected(equal.error());
  }
  const auto journal = durable::RecordLog::open_read_only(bundle / kJournalFile);
  const Result<Analysis> analysis =
      journal ? analyse_journal(*journal) : Result<Analysis>(tl::unexpected(journal.error()));
  if (!analysis) {
    return fail(analysis.error(), kJournalFile);
  }
  const std::vector<BundleFile> texts = bundle_files(*analysis);
  const Result<Checksums> artifacts = derive_artifacts(*journal, analysis->state);
  if (!artifacts) {
    return fail(artifacts.error(), kJournalFile);
  }
  Result<void> same = compare_texts(bundle, texts);
  same = same ? compare_artifacts(*artifacts, *found) : same;
  if (!same) {
    return tl::unexpected(same.error());
  }
  Result<BundleCheck> check = compare_names(expected_files(texts, *artifacts), *claimed, *found);
  if (check) {
    check->verdict = analysis->verdict;
  }
  return check;
}

}  // namespace ocibench::coordinator
