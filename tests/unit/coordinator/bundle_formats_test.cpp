#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/durable/record_log.hpp"
#include "common/file.hpp"
#include "common/units.hpp"
#include "coordinator/analysis/journal.hpp"
#include "coordinator/report/bundle_files.hpp"
#include "coordinator/report/checksums.hpp"
#include "coordinator/report/figures.hpp"
#include "coordinator/report/verify.hpp"
#include "protocol/codec.hpp"
#include "protocol/crc32c.hpp"

// Bundles that an earlier ocibench wrote, as they are kept in tests/bundles: they verify with
// today's program, and copies in which something was changed do not, even when the forger knows how
// to make the checksums right.

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<std::string> kept_bundles() {
  std::vector<std::string> names;
  for (const auto& entry :
       fs::directory_iterator(fs::path(OCIBENCH_SOURCE_DIR) / "tests/bundles")) {
    if (entry.path().extension() == ".gz") {
      names.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

/// One of the kept bundles, unpacked into a folder of its own.
class KeptBundle : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string command =
        fmt::format("tar -xzf '{}/tests/bundles/{}' --no-same-owner -C '{}'", OCIBENCH_SOURCE_DIR,
                    GetParam(), folder_.path().string());
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  const fs::path& bundle() const { return folder_.path(); }
  std::string read(std::string_view name) const { return *read_file(bundle() / name, 64 * kMiB); }
  void write(std::string_view name, const std::string& content) const {
    ASSERT_TRUE(write_file_atomically(bundle() / name, content));
  }
  void reseal() const {
    fs::remove(bundle() / kChecksumsFile);
    write(kChecksumsFile, format_checksums(*hash_folder(bundle())));
  }
  std::string verdict() const {
    const auto check = verify_bundle(bundle(), this_producer());
    return check ? "verified" : check.error().message;
  }
  /// It is found out, by its checksum and by its content when the checksums were made anew.
  void expect_found_out(std::string_view name) const {
    EXPECT_THAT(verdict(), HasSubstr(fmt::format("{}: does not match its checksum", name)));
    reseal();
    EXPECT_THAT(verdict(), HasSubstr(std::string(name)));
    EXPECT_THAT(verdict(), testing::Not(HasSubstr("SHA256SUMS")));
  }
  /// Raises the first digit after `marker`.
  void raise_digit_after(std::string_view name, std::string_view marker) const {
    std::string content = read(name);
    const std::size_t at = content.find(marker);
    ASSERT_NE(at, std::string::npos) << marker;
    char& digit = content[content.find_first_of("0123456789", at + marker.size())];
    digit = digit == '9' ? '8' : static_cast<char>(digit + 1);
    write(name, content);
  }

 private:
  TemporaryDirectory folder_ =
      *TemporaryDirectory::create(fs::temp_directory_path(), "kept-bundle-");
};

TEST_P(KeptBundle, Verifies) {
  const auto check = verify_bundle(bundle(), this_producer());
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->verdict.kind, VerdictKind::valid);
  EXPECT_GE(check->files, 9U);
}

TEST_P(KeptBundle, DoesNotVerifyWithAnotherNumberInItsSummary) {
  raise_digit_after("summary.json", "\"wall_s\": {\n          \"n\": 3,\n          \"median\":");
  expect_found_out("summary.json");
}

TEST_P(KeptBundle, DoesNotVerifyWithAnotherNumberInItsRows) {
  raise_digit_after("iterations.csv", ",0,,lo,");
  expect_found_out("iterations.csv");
}

TEST_P(KeptBundle, DoesNotVerifyWithAnotherNumberInItsReport) {
  raise_digit_after("summary.md", "N=3, p10 ");
  expect_found_out("summary.md");
}

TEST_P(KeptBundle, DoesNotVerifyWithAnotherArtefact) {
  const fs::path sample = *fs::directory_iterator(bundle() / "samples");
  const std::string name = "samples/" + sample.filename().string();
  write(name, read(name) + "9\r\n");
  expect_found_out(name);
}

/// The frame with another wall time of its iteration and a right checksum, or
/// nothing when it holds none.
std::optional<std::string> slower(const std::string& frame) {
  const auto record = protocol::decode_stored_agent_record(frame);
  const auto* finished = record ? std::get_if<IterationFinished>(&*record) : nullptr;
  if (finished == nullptr || !finished->iteration.wall) {
    return std::nullopt;
  }
  std::string wall;
  const auto count = static_cast<std::uint64_t>(finished->iteration.wall->count());
  for (int byte = 0; byte < 8; ++byte) {
    wall.push_back(static_cast<char>((count >> (8 * byte)) & 0xFF));
  }
  std::string changed = frame;
  const std::size_t at = changed.find(wall);
  EXPECT_NE(at, std::string::npos);
  changed[at + 3] = static_cast<char>(changed[at + 3] ^ 1);
  const std::uint32_t sum = protocol::crc32c(std::string_view(changed).substr(16));
  for (std::size_t byte = 0; byte < 4; ++byte) {
    changed[12 + byte] = static_cast<char>((sum >> (8 * byte)) & 0xFF);
  }
  return changed;
}

/// A frame that holds an iteration, with a byte of it changed.
std::optional<std::string> damaged(const std::string& frame) {
  std::optional<std::string> changed = slower(frame);
  if (changed) {
    *changed = frame;
    changed->back() = static_cast<char>(changed->back() ^ 1);
  }
  return changed;
}

/// Writes the journal again, the first frame that `change` knows how to change changed by it.
void change_a_record(const fs::path& bundle,
                     std::optional<std::string> (*change)(const std::string&)) {
  const TemporaryDirectory scratch =
      *TemporaryDirectory::create(fs::temp_directory_path(), "journal-");
  auto copy = *durable::RecordLog::open(scratch.path() / "j");
  bool changed = false;
  ASSERT_TRUE(durable::RecordLog::open_read_only(bundle / kJournalFile)
                  ->scan([&](const durable::StoredRecord& record) -> Result<void> {
                    const auto other = changed ? std::nullopt : change(record.payload);
                    changed |= other.has_value();
                    const auto stored =
                        copy.append(record.stream, record.seq, other.value_or(record.payload));
                    return stored ? Result<void>() : tl::unexpected(stored.error());
                  }));
  ASSERT_TRUE(changed);
  fs::remove(bundle / kJournalFile);
  ASSERT_TRUE(copy.copy_to(bundle / kJournalFile));
}

TEST_P(KeptBundle, DoesNotVerifyWithAnotherByteInARecord) {
  change_a_record(bundle(), damaged);
  expect_found_out(kJournalFile);
}

TEST_P(KeptBundle, DoesNotVerifyWithARecordThatIsSoundButAnother) {
  change_a_record(bundle(), slower);
  EXPECT_THAT(verdict(), HasSubstr("journal.sqlite: does not match its checksum"));
  reseal();
  EXPECT_THAT(verdict(), HasSubstr("where journal.sqlite says"));
}

/// `content` with digits added to the figure at `at`, so that it is one that nothing derives.
std::string with_wrong_figure(std::string content, std::size_t at) {
  return content.insert(content.find_first_of("0123456789", at), "7777777");
}

TEST_P(KeptBundle, HasNoFigureThatCouldBeAnother) {
  const auto journal = *durable::RecordLog::open_read_only(bundle() / kJournalFile);
  const std::vector<BundleFile> derived = bundle_files(*analyse_journal(journal));
  std::vector<BundleFile> kept;
  for (const BundleFile& file : derived) {
    kept.push_back({file.name, read(file.name)});
  }
  ASSERT_TRUE(compare_figures(kept, derived));
  constexpr std::size_t kChangesOfAFile = 25;
  for (BundleFile& file : kept) {
    const std::string whole = file.content;
    const std::vector<std::string_view> figures = figures_of(whole);
    const std::size_t step = figures.size() / kChangesOfAFile + 1;
    for (std::size_t i = 0; i < figures.size(); i += step) {
      const auto at = static_cast<std::size_t>(figures[i].data() - whole.data());
      file.content = with_wrong_figure(whole, at);
      const auto notes = compare_figures(kept, derived);
      // A changed name of a key or column is one that is not known.
      EXPECT_TRUE(!notes || !notes->unknown.empty()) << file.name << " at byte " << at;
    }
    file.content = whole;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, KeptBundle, testing::ValuesIn(kept_bundles()),
                         [](const auto& name) {
                           std::string plain = name.param.substr(0, name.param.find('.'));
                           std::ranges::replace(plain, '-', '_');
                           return plain;
                         });

}  // namespace
}  // namespace ocibench::coordinator
