#include "common/oci/copy_plan.hpp"

#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::oci {
namespace {

using Step = CopyTask::Step;

BlobInfo blob(const std::string& digest) { return {digest, 1}; }

std::vector<BlobInfo> blobs(const std::vector<std::string>& digests) {
  std::vector<BlobInfo> found;
  for (const std::string& digest : digests) {
    found.push_back(blob(digest));
  }
  return found;
}

CopyTask expect_next(CopyPlan& plan, Step step, std::size_t image) {
  const std::optional<CopyTask> task = plan.next();
  EXPECT_TRUE(task && task->step == step && task->image == image);
  return task.value_or(CopyTask{});
}

TEST(CopyPlan, ResolvesTransfersAndPublishes) {
  CopyPlan plan({"one"}, {});
  expect_next(plan, Step::resolve, 0);
  EXPECT_FALSE(plan.next());
  plan.resolved(0, blobs({"a", "b", "a"}));
  const CopyTask first = expect_next(plan, Step::transfer, 0);
  const CopyTask second = expect_next(plan, Step::transfer, 0);
  EXPECT_EQ(first.blob.digest + second.blob.digest, "ab");
  plan.transferred(second);
  EXPECT_FALSE(plan.next());
  plan.transferred(first);
  expect_next(plan, Step::publish, 0);
  EXPECT_FALSE(plan.finished());
  plan.settled(0);
  EXPECT_TRUE(plan.finished());
}

TEST(CopyPlan, PublishesAnImageWithoutBlobsAtOnce) {
  CopyPlan plan({"one"}, {});
  expect_next(plan, Step::resolve, 0);
  plan.resolved(0, {});
  expect_next(plan, Step::publish, 0);
}

TEST(CopyPlan, MountsASharedBlobOnceItIsThere) {
  CopyPlan plan({"one", "two"}, {});
  expect_next(plan, Step::resolve, 0);
  expect_next(plan, Step::resolve, 1);
  plan.resolved(0, blobs({"shared"}));
  plan.resolved(1, blobs({"shared"}));
  const CopyTask upload = expect_next(plan, Step::transfer, 0);
  EXPECT_FALSE(plan.next());  // image 1 waits, and needs no worker for it
  plan.transferred(upload);
  expect_next(plan, Step::publish, 0);
  EXPECT_EQ(expect_next(plan, Step::transfer, 1).how.mount_from, "one");
}

TEST(CopyPlan, LetsTheOneWhoWaitedBringABlobThatFailed) {
  CopyPlan plan({"one", "two"}, {});
  expect_next(plan, Step::resolve, 0);
  expect_next(plan, Step::resolve, 1);
  plan.resolved(0, blobs({"shared"}));
  plan.resolved(1, blobs({"shared"}));
  const CopyTask upload = expect_next(plan, Step::transfer, 0);
  EXPECT_EQ(plan.failed(upload), CopyPlan::Failure::first);
  const CopyTask again = expect_next(plan, Step::transfer, 1);
  EXPECT_EQ(again.how.mount_from, "");
  plan.transferred(again);
  expect_next(plan, Step::publish, 1);
  plan.settled(1);
  EXPECT_TRUE(plan.finished());
}

TEST(CopyPlan, DoesNotBeginWhatAFailedImageStillWanted) {
  CopyPlan plan({"one", "two"}, {});
  expect_next(plan, Step::resolve, 0);
  plan.resolved(0, blobs({"bad", "good"}));
  const CopyTask bad = expect_next(plan, Step::transfer, 0);
  plan.failed(bad);
  expect_next(plan, Step::resolve, 1);
  plan.resolved(1, blobs({"good"}));
  EXPECT_EQ(expect_next(plan, Step::transfer, 1).how.mount_from, "");
}

TEST(CopyPlan, KeepsNoMoreImagesOpenThanItsLimit) {
  CopyPlan plan(std::vector<std::string>(CopyPlan::kMaxOpenImages + 1, "one"), {});
  for (std::size_t i = 0; i < CopyPlan::kMaxOpenImages; ++i) {
    expect_next(plan, Step::resolve, i);
  }
  EXPECT_FALSE(plan.next());
  plan.settled(0);
  expect_next(plan, Step::resolve, CopyPlan::kMaxOpenImages);
}

/// Workers that take and end tasks in an order of the seed's choice.
class Schedule {
 public:
  Schedule(std::uint32_t seed, const CopyOptions& options, double failing)
      : random_(seed), failing_(failing), images_(1 + random_() % 80) {
    std::vector<std::string> repositories;
    for (std::size_t image = 0; image < images_; ++image) {
      repositories.push_back("r" + std::to_string(random_() % 7));
    }
    repositories_ = repositories;
    plan_.emplace(repositories, options);
  }

  /// Whether every image came to an end.
  bool run() {
    constexpr std::size_t kWorkers = 4;
    for (;;) {
      while (running_.size() < kWorkers) {
        const std::optional<CopyTask> task = plan_->next();
        if (!task) {
          break;
        }
        running_.push_back(*task);
      }
      if (running_.empty()) {
        return plan_->finished();
      }
      const auto ended =
          running_.begin() + static_cast<std::ptrdiff_t>(random_() % running_.size());
      const CopyTask task = *ended;
      running_.erase(ended);
      end(task);
    }
  }

  std::multiset<std::string> uploads;  // digests

 private:
  void end(const CopyTask& task) {
    if (std::bernoulli_distribution(failing_)(random_)) {
      plan_->failed(task);
      return;
    }
    switch (task.step) {
      case Step::resolve: plan_->resolved(task.image, some_blobs()); break;
      case Step::publish: plan_->settled(task.image); break;
      case Step::transfer:
        arrive(task);
        plan_->transferred(task);
        break;
    }
  }

  std::vector<BlobInfo> some_blobs() {
    std::vector<BlobInfo> wanted;
    for (std::size_t i = random_() % 9; i > 0; --i) {
      wanted.push_back(blob("d" + std::to_string(random_() % 20)));
    }
    return wanted;
  }

  void arrive(const CopyTask& task) {
    if (task.how.mount_from.empty()) {
      uploads.insert(task.blob.digest);
    } else {
      EXPECT_TRUE(there_.contains(task.how.mount_from + task.blob.digest));
    }
    there_.insert(repositories_[task.image] + task.blob.digest);
  }

  std::mt19937 random_;
  double failing_;
  std::size_t images_;
  std::vector<std::string> repositories_;
  std::optional<CopyPlan> plan_;
  std::vector<CopyTask> running_;
  std::set<std::string> there_;
};

TEST(CopyPlanSchedule, EndsAndUploadsEveryBlobOnceInAnyOrder) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    Schedule schedule(seed, {}, 0);
    ASSERT_TRUE(schedule.run()) << "seed " << seed;
    const std::set<std::string> distinct(schedule.uploads.begin(), schedule.uploads.end());
    ASSERT_EQ(schedule.uploads.size(), distinct.size()) << "seed " << seed;
  }
}

TEST(CopyPlanSchedule, EndsWhateverFailsAndWhateverIsSwitchedOff) {
  for (const CopyOptimisation off : kAllCopyOptimisations) {
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
      Schedule schedule(seed, {.without = {off}}, 0.2);
      ASSERT_TRUE(schedule.run()) << "seed " << seed << " without " << to_string(off);
    }
  }
}

TEST(CopyOptimisations, HaveNamesThatAreReadBack) {
  for (const CopyOptimisation each : kAllCopyOptimisations) {
    EXPECT_EQ(copy_optimisation_from(to_string(each)), each);
  }
  EXPECT_FALSE(copy_optimisation_from("?"));
}

}  // namespace
}  // namespace ocibench::oci
