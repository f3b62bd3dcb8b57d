#include "common/oci/blob_ledger.hpp"

#include <gtest/gtest.h>

namespace ocibench::oci {
namespace {

using Action = BlobDecision::Action;
using Check = BlobDecision::Check;

const BlobDecision kAskAndUpload{.action = Action::transfer, .check = Check::head};
const BlobDecision kWait{.action = Action::wait};

BlobLedger ledger_without(std::set<CopyOptimisation> without) {
  return BlobLedger({.without = std::move(without)});
}

TEST(BlobLedger, HasTheFirstToAskUploadAndTheOthersWait) {
  BlobLedger ledger({});
  EXPECT_EQ(ledger.claim("one", "d"), kAskAndUpload);
  EXPECT_EQ(ledger.claim("one", "d"), kWait);
  EXPECT_EQ(ledger.claim("two", "d"), kWait);
  EXPECT_EQ(ledger.claim("two", "other"), kAskAndUpload);
}

TEST(BlobLedger, MountsFromARepositoryThatHasItWithoutAsking) {
  BlobLedger ledger({});
  ledger.claim("one", "d");
  ledger.arrived("one", "d");
  EXPECT_EQ(ledger.claim("two", "d"),
            (BlobDecision{.action = Action::transfer, .check = Check::none, .mount_from = "one"}));
  EXPECT_EQ(ledger.claim("two", "d"), kWait);
}

TEST(BlobLedger, NeedsNothingWhereTheBlobIs) {
  BlobLedger ledger({});
  ledger.claim("one", "d");
  ledger.arrived("one", "d");
  EXPECT_EQ(ledger.claim("one", "d"), BlobDecision{});
}

TEST(BlobLedger, LetsTheNextOneUploadAfterAFailure) {
  BlobLedger ledger({});
  ledger.claim("one", "d");
  ledger.failed("one", "d");
  EXPECT_EQ(ledger.claim("two", "d"), kAskAndUpload);
}

TEST(BlobLedger, AsksForWhatItKnowsWithoutOneCheck) {
  BlobLedger ledger = ledger_without({CopyOptimisation::one_check});
  ledger.claim("one", "d");
  ledger.arrived("one", "d");
  EXPECT_EQ(ledger.claim("one", "d"), kAskAndUpload);
  EXPECT_EQ(ledger.claim("two", "d").check, Check::head);
  EXPECT_EQ(ledger.claim("two", "d"), kWait);
}

TEST(BlobLedger, UploadsToEachRepositoryWithoutMounts) {
  BlobLedger ledger = ledger_without({CopyOptimisation::mounts});
  ledger.claim("one", "d");
  EXPECT_EQ(ledger.claim("two", "d"), kAskAndUpload);
  ledger.arrived("one", "d");
  EXPECT_EQ(ledger.claim("three", "d"), kAskAndUpload);
}

}  // namespace
}  // namespace ocibench::oci
