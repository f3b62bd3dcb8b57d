#include "common/oci/copy_plan.hpp"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/error.hpp"

namespace ocibench::oci {

using Action = BlobDecision::Action;
using Step = CopyTask::Step;

CopyPlan::CopyPlan(std::vector<std::string> repositories, const CopyOptions& options)
    : options_(options), ledger_(options) {
  for (std::string& repository : repositories) {
    images_.push_back({.repository = std::move(repository)});
  }
}

std::optional<CopyTask> CopyPlan::next() {
  if (!publishable_.empty()) {
    const std::size_t image = publishable_.front();
    publishable_.pop_front();
    return CopyTask{.step = Step::publish, .image = image};
  }
  while (!transfers_.empty()) {
    CopyTask task = std::move(transfers_.front());
    transfers_.pop_front();
    if (images_[task.image].state == State::open) {
      return task;
    }
    give_back(task);  // its image has failed meanwhile
  }
  if (next_image_ < images_.size() && open_ < kMaxOpenImages) {
    ++open_;
    images_[next_image_].state = State::open;
    return CopyTask{.step = Step::resolve, .image = next_image_++};
  }
  return std::nullopt;
}

void CopyPlan::resolved(std::size_t image, std::span<const BlobInfo> blobs) {
  images_[image].missing_blobs = 1;  // keeps it back until all are wanted
  std::set<BlobInfo> seen;
  for (const BlobInfo& blob : blobs) {
    if (seen.insert(blob).second) {
      ++images_[image].missing_blobs;
      want({image, blob});
    }
  }
  got_blob(image);
}

void CopyPlan::transferred(const CopyTask& task) {
  const std::string key = this->key(task.image, task.blob);
  ledger_.arrived(images_[task.image].repository, key);
  got_blob(task.image);
  wake(key);
}

void CopyPlan::settled(std::size_t image) {
  OCIBENCH_ASSERT(images_[image].state == State::open);
  images_[image].state = State::settled;
  --open_;
  ++settled_;
}

CopyPlan::Failure CopyPlan::failed(const CopyTask& task) {
  const bool first = images_[task.image].state == State::open;
  if (first) {
    settled(task.image);
  }
  if (task.step == Step::transfer) {
    give_back(task);
  }
  return first ? Failure::first : Failure::further;
}

/// Without shared_once each image has a ledger of its own.
std::string CopyPlan::key(std::size_t image, const BlobInfo& blob) const {
  return options_.uses(CopyOptimisation::shared_once) ? blob.digest
                                                      : fmt::format("{} {}", image, blob.digest);
}

void CopyPlan::want(const Wish& wish) {
  const Image& image = images_[wish.image];
  if (image.state != State::open) {
    return;
  }
  const std::string key = this->key(wish.image, wish.blob);
  BlobDecision decision = ledger_.claim(image.repository, key);
  switch (decision.action) {
    case Action::none: got_blob(wish.image); break;
    case Action::wait: waiting_[key].push_back(wish); break;
    case Action::transfer:
      transfers_.push_back({Step::transfer, wish.image, wish.blob, std::move(decision)});
      break;
  }
}

void CopyPlan::got_blob(std::size_t image) {
  if (--images_[image].missing_blobs == 0 && images_[image].state == State::open) {
    publishable_.push_back(image);
  }
}

void CopyPlan::give_back(const CopyTask& task) {
  const std::string key = this->key(task.image, task.blob);
  ledger_.failed(images_[task.image].repository, key);
  wake(key);
}

void CopyPlan::wake(const std::string& key) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) {
    return;
  }
  const std::vector<Wish> wishes = std::move(found->second);
  waiting_.erase(found);
  for (const Wish& wish : wishes) {
    want(wish);
  }
}

}  // namespace ocibench::oci
