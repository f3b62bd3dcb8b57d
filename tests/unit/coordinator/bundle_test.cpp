#include "coordinator/report/bundle.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/durable/record_log.hpp"
#include "common/file.hpp"
#include "common/json.hpp"
#include "coordinator/analysis/journal.hpp"
#include "coordinator/analysis/producers.hpp"
#include "coordinator/dispatch/stream_names.hpp"
#include "coordinator/report/bundle_files.hpp"
#include "coordinator/report/checksums.hpp"
#include "coordinator/report/producer.hpp"
#include "coordinator/report/verify.hpp"
#include "protocol/codec.hpp"
#include "tests/support/example_campaign.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;
using durable::RecordLog;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::attempt_of;
using testing_support::example_journal;
using testing_support::example_plan;
using testing_support::JournalBuilder;

constexpr std::uint64_t kMaxFileBytes = 100'000'000;

const Producer kWriter{"0.1.0", std::string(40, 'a'), 6};
const Producer kOther{"0.2.0", std::string(40, 'b'), 6};

std::string encode(const JournalEntry& entry) {
  return std::visit([](const auto& record) { return protocol::encode_record(record); }, entry.body);
}

/// Writes the entries as a coordinator would; the streams stay contiguous when one is left out.
void write_journal(const fs::path& path, const std::vector<JournalEntry>& entries) {
  RecordLog log = *RecordLog::open(path);
  ASSERT_TRUE(log.begin_batch());
  for (const JournalEntry& entry : entries) {
    const std::string stream = entry.agent.empty() ? std::string(kCoordinatorStream)
                                                   : agent_stream_name(entry.agent, entry.boot);
    ASSERT_EQ(*log.append(stream, *log.next_seq(stream), encode(entry)), durable::Appended::stored);
  }
  ASSERT_TRUE(log.commit_batch());
}

/// The example campaign as a bundle in a folder of its own.
class Bundle : public testing::Test {
 protected:
  void SetUp() override {
    write_journal(journal_path(), example_journal(plan_, dump_json(to_json(plan_))).entries());
    bundle_ = write();
  }

  fs::path journal_path() const { return folder_.path() / "journal.sqlite"; }

  fs::path write() {
    RecordLog journal = *RecordLog::open(journal_path());
    const Result<Analysis> analysis = analyse_journal(journal);
    EXPECT_TRUE(analysis) << analysis.error().message;
    const Result<fs::path> path =
        write_bundle(journal, *analysis, kWriter, folder_.path() / "results");
    EXPECT_TRUE(path) << path.error().message;
    return *path;
  }

  std::string read(const std::string& name) const {
    return *read_file(bundle_ / name, kMaxFileBytes);
  }

  void overwrite(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(write_file_atomically(bundle_ / name, content));
  }

  /// What a forger does who knows of the checksums.
  void reseal() const {
    fs::remove(bundle_ / kChecksumsFile);
    overwrite(std::string(kChecksumsFile), format_checksums(*hash_folder(bundle_)));
  }

  std::string failure(const Producer& verifier = kWriter) const {
    const Result<BundleCheck> check = verify_bundle(bundle_, verifier);
    return check ? "no failure" : check.error().message;
  }

  const Plan plan_ = example_plan();
  TemporaryDirectory folder_ = *TemporaryDirectory::create(fs::temp_directory_path(), "bundle-");
  fs::path bundle_;
};

TEST_F(Bundle, RemovesWhatAKilledCoordinatorHasLeftBesideIt) {
  const fs::path left = bundle_.parent_path() / ".partial-a1b2c3";
  fs::create_directories(left / "samples");
  write();
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(bundle_));
}

TEST_F(Bundle, LiesUnderCommitMachineCorpusAndTime) {
  EXPECT_EQ(bundle_.lexically_relative(folder_.path() / "results"),
            fs::path("abc1234-dirty") / "local-2cpu" / plan_.corpus_sha.substr(0, 12) /
                "20261118T110640Z");
}

TEST_F(Bundle, HoldsWhatTheSchemaNames) {
  const Checksums files = *hash_folder(bundle_);
  for (const char* name :
       {"campaign.toml", "plan.json", "environment.json", "subjects.json", "iterations.csv",
        "summary.json", "summary.md", "journal.sqlite", "producer.json", "SHA256SUMS",
        "samples/cold~skopeo~r1+a2+i1+samples.csv", "logs/cold~crane~r1+a1+i3+stderr.log.gz"}) {
    EXPECT_TRUE(files.contains(name)) << name;
  }
  EXPECT_EQ(files.size(), 10 + 5 + 1U);
}

TEST_F(Bundle, PutsTheChunksOfAnArtifactTogether) {
  EXPECT_EQ(read("logs/cold~crane~r1+a1+i3+stderr.log.gz"), "not really compressed");
}

TEST_F(Bundle, SaysThatAnotherProgramWentOnWithTheCampaign) {
  EXPECT_THAT(read("summary.json"), testing::Not(HasSubstr("producer_differs")));
  {
    RecordLog journal = *RecordLog::open(journal_path());
    for (const char* producer : {"ocibench 1 (a)", "ocibench 1 (a)", "ocibench 2 (b)"}) {
      ASSERT_TRUE(add_producer(journal, producer));
    }
    EXPECT_THAT(*producers_of(journal), ElementsAre("ocibench 1 (a)", "ocibench 2 (b)"));
  }
  bundle_ = write();
  EXPECT_THAT(read("summary.json"), HasSubstr("producer_differs"));
  EXPECT_THAT(read("summary.md"), HasSubstr("begun by ocibench 1 (a), resumed by ocibench 2 (b)"));
  EXPECT_EQ(failure(), "no failure");
}

TEST_F(Bundle, PassesSha256sum) {
  const std::string command =
      fmt::format("cd '{}' && sha256sum --check --strict --quiet SHA256SUMS", bundle_.string());
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(Bundle, IsNeverOverwritten) {
  const fs::path second = write();
  EXPECT_EQ(second, fs::path(bundle_.string() + "-2"));
  EXPECT_TRUE(verify_bundle(bundle_, kWriter));
  EXPECT_TRUE(verify_bundle(second, kWriter));
}

TEST_F(Bundle, LeavesNothingElseBehind) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(bundle_.parent_path())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, ElementsAre("20261118T110640Z"));
}

TEST_F(Bundle, IsVerifiedWithItsVerdict) {
  const Result<BundleCheck> check = verify_bundle(bundle_, kWriter);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->files, 15U);
  EXPECT_EQ(check->compared_with, "");
  EXPECT_EQ(verdict_line(check->verdict), "RESULT: INCOMPLETE 14/15");
  EXPECT_THAT(check->warnings, IsEmpty());
}

TEST_F(Bundle, IsVerifiedWhereNothingMayBeWritten) {
  fs::permissions(bundle_, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(failure(), "no failure");
  fs::permissions(bundle_, fs::perms::owner_all);
}

TEST_F(Bundle, NamesAnExtraFileAsAWarning) {
  overwrite("notes.txt", "mine");
  EXPECT_THAT(verify_bundle(bundle_, kWriter)->warnings,
              ElementsAre("notes.txt is no part of the bundle"));
}

TEST_F(Bundle, FailsWithoutOneOfItsFiles) {
  fs::remove(bundle_ / "summary.json");
  EXPECT_THAT(failure(), HasSubstr("summary.json: is in SHA256SUMS, but missing"));
}

TEST_F(Bundle, FailsOnALinkInTheFilesPlace) {
  fs::rename(bundle_ / "summary.md", folder_.path() / "elsewhere");
  fs::create_symlink(folder_.path() / "elsewhere", bundle_ / "summary.md");
  EXPECT_THAT(failure(), HasSubstr("summary.md is no plain file"));
}

/// One change to one file, and what verify says when the checksums were made anew.
struct Tampering {
  std::string file;
  std::string from;
  std::string to;
};

class TamperedBundle : public Bundle, public testing::WithParamInterface<Tampering> {
 protected:
  void SetUp() override {
    Bundle::SetUp();
    std::string content = read(GetParam().file);
    const std::size_t place = content.find(GetParam().from);
    ASSERT_NE(place, std::string::npos);
    overwrite(GetParam().file, content.replace(place, GetParam().from.size(), GetParam().to));
  }
};

TEST_P(TamperedBundle, FailsItsChecksums) {
  EXPECT_THAT(failure(), HasSubstr(GetParam().file + ": does not match its checksum"));
}

TEST_P(TamperedBundle, FailsItsDerivationWhenTheChecksumsAreMadeAnew) {
  reseal();
  EXPECT_THAT(failure(), HasSubstr(GetParam().file));
  EXPECT_THAT(failure(), HasSubstr("journal.sqlite"));
}

TEST_P(TamperedBundle, FailsItsFiguresWhenAnotherOcibenchWroteIt) {
  reseal();
  EXPECT_THAT(failure(kOther), HasSubstr(GetParam().file));
}

INSTANTIATE_TEST_SUITE_P(
    Files, TamperedBundle,
    testing::Values(Tampering{"summary.md", "1.77 s", "1.17 s"},
                    Tampering{"summary.json", "\"INCOMPLETE\"", "\"VALID\""},
                    Tampering{"iterations.csv", "1.71", "1.11"},
                    Tampering{"subjects.json", "1.9.3", "1.9.4"},
                    Tampering{"environment.json", "local-2cpu", "c6in.large"},
                    Tampering{"campaign.toml", "example", "other"},
                    Tampering{"plan.json", "\"seed\": 1", "\"seed\": 2"},
                    Tampering{"samples/cold~skopeo~r1+a2+i1+samples.csv", "0.0,0", "0.0,1"},
                    Tampering{"logs/cold~crane~r1+a1+i3+stderr.log.gz", "not really", "really"}),
    [](const auto& tampering) { return fmt::format("n{}", tampering.index); });

TEST_F(Bundle, NamesTheProgramThatWroteIt) {
  const auto producer = parse_producer(read("producer.json"));
  ASSERT_TRUE(producer) << producer.error().message;
  EXPECT_EQ(*producer, kWriter);
}

TEST_F(Bundle, OfAnotherOcibenchIsVerifiedByItsFigures) {
  const Result<BundleCheck> check = verify_bundle(bundle_, kOther);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->compared_with, "ocibench 0.1.0 (" + std::string(40, 'a') + "), record format 6");
  EXPECT_EQ(check->files, 15U);
}

TEST_F(Bundle, OfAChangedTreeIsVerifiedByItsFiguresToo) {
  const Producer dirty{"0.1.0", std::string(40, 'a') + "-dirty", 6};
  overwrite("producer.json", producer_json(dirty));
  reseal();
  const Result<BundleCheck> check = verify_bundle(bundle_, dirty);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_THAT(check->compared_with, HasSubstr("-dirty"));
}

TEST_F(Bundle, MayHaveOtherWordsWhenAnotherOcibenchWroteIt) {
  std::string text = read("summary.md");
  const std::string from = "## Results";
  overwrite("summary.md", text.replace(text.find(from), from.size(), "## What came of it"));
  reseal();
  EXPECT_THAT(failure(), HasSubstr("summary.md: line"));
  const Result<BundleCheck> check = verify_bundle(bundle_, kOther);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_THAT(check->warnings, ElementsAre(HasSubstr("1 sentence is worded in another way")));
}

TEST_F(Bundle, WithAProducerThatCannotBeReadIsRefused) {
  overwrite("producer.json", "{\"version\": 1}\n");
  reseal();
  EXPECT_THAT(failure(), HasSubstr("producer.json: version: expected a"));
}

TEST_F(Bundle, MakesNobodyReadWhatIsFarLargerThanWhatIsDerived) {
  overwrite("summary.md", std::string(8'000'000, 'x'));
  reseal();
  EXPECT_THAT(failure(), HasSubstr("summary.md"));
  EXPECT_THAT(failure(kOther), HasSubstr("summary.md"));
}

TEST_F(Bundle, FailsWhenARecordWasTakenOutOfTheJournal) {
  std::vector<JournalEntry> entries = example_journal(plan_, dump_json(to_json(plan_))).entries();
  const auto failed = std::ranges::find_if(entries, [](const JournalEntry& entry) {
    const auto* told = std::get_if<AgentRecord>(&entry.body);
    const auto* done = told == nullptr ? nullptr : std::get_if<IterationFinished>(told);
    return done != nullptr && done->iteration.outcome.kind == OutcomeKind::failed;
  });
  ASSERT_NE(failed, entries.end());
  entries.erase(failed);
  fs::remove(bundle_ / kJournalFile);
  const fs::path other = folder_.path() / "other.sqlite";
  write_journal(other, entries);
  ASSERT_TRUE(RecordLog::open(other)->copy_to(bundle_ / kJournalFile));
  EXPECT_THAT(failure(), HasSubstr("journal.sqlite: does not match its checksum"));
  reseal();
  EXPECT_THAT(failure(), HasSubstr("is not what journal.sqlite says"));
}

TEST_F(Bundle, FailsWhenTheJournalIsNoJournal) {
  overwrite(std::string(kJournalFile), "not a database");
  reseal();
  EXPECT_THAT(failure(), HasSubstr("journal.sqlite"));
}

TEST_F(Bundle, FailsWhenAFileIsNotCoveredByTheChecksums) {
  Checksums checksums = *parse_checksums(read("SHA256SUMS"));
  checksums.erase("summary.md");
  overwrite("SHA256SUMS", format_checksums(checksums));
  EXPECT_THAT(failure(), HasSubstr("summary.md: belongs to the bundle"));
}

TEST_F(Bundle, LeavesOutArtifactsOfAnAgentThatDoesNotHoldTheLease) {
  fs::remove(journal_path());
  JournalBuilder journal = example_journal(plan_, dump_json(to_json(plan_)));
  journal.tell("lane-9", ArtifactChunk{attempt_of("crane"), 1, "forged.csv", 0, true, "forged"});
  write_journal(journal_path(), journal.entries());
  const Checksums files = *hash_folder(write());
  for (const auto& [name, digest] : files) {
    EXPECT_EQ(name.find("forged"), std::string::npos) << name;
  }
}

TEST(JournalFile, IsReadWithoutTheBytesOfArtifacts) {
  const TemporaryDirectory folder =
      *TemporaryDirectory::create(fs::temp_directory_path(), "journal-");
  const Plan plan = example_plan();
  const auto entries = example_journal(plan, dump_json(to_json(plan))).entries();
  write_journal(folder.path() / "j", entries);
  const auto read = read_journal(*RecordLog::open_read_only(folder.path() / "j"));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    JournalEntry expected = entries[i];
    if (auto* told = std::get_if<AgentRecord>(&expected.body)) {
      if (auto* chunk = std::get_if<ArtifactChunk>(told)) {
        chunk->bytes.clear();
      }
    }
    EXPECT_EQ((*read)[i], expected) << i;
  }
}

TEST(JournalFile, OfAnotherKindIsRefusedByName) {
  const TemporaryDirectory folder =
      *TemporaryDirectory::create(fs::temp_directory_path(), "journal-");
  RecordLog log = *RecordLog::open(folder.path() / "j");
  ASSERT_TRUE(log.append("something", 0, "bytes"));
  EXPECT_THAT(read_journal(log).error().message, HasSubstr("stream something"));
}

TEST(JournalFile, WithoutAStartHasNoAnalysis) {
  const TemporaryDirectory folder =
      *TemporaryDirectory::create(fs::temp_directory_path(), "journal-");
  const RecordLog log = *RecordLog::open(folder.path() / "j");
  EXPECT_EQ(analyse_journal(log).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace ocibench::coordinator
