#include "common/oci/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "common/mutex.hpp"

namespace ocibench::oci {
namespace {

class Run {
 public:
  Run(std::size_t jobs, const std::function<Result<Worker>()>& make_worker)
      : jobs_(jobs), make_worker_(make_worker) {}

  void work() {
    const Result<Worker> worker = make_worker_();
    if (!worker) {
      stop(worker.error());
      return;
    }
    for (std::size_t job = next_++; job < jobs_ && !stopped_; job = next_++) {
      if (const Result<void> done = (*worker)(job); !done) {
        stop(done.error());
      }
    }
  }

  Result<void> outcome() {
    const MutexLock lock(mutex_);
    return error_ ? Result<void>(tl::unexpected(*error_)) : Result<void>{};
  }

 private:
  void stop(const Error& error) {
    const MutexLock lock(mutex_);
    if (!error_) {
      error_ = error;
    }
    stopped_ = true;
  }

  std::size_t jobs_;
  const std::function<Result<Worker>()>& make_worker_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  Mutex mutex_;
  std::optional<Error> error_ OCIBENCH_GUARDED_BY(mutex_);
};

}  // namespace

Result<void> run_parallel(std::size_t threads, std::size_t jobs,
                          const std::function<Result<Worker>()>& make_worker) {
  Run run(jobs, make_worker);
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(threads, jobs); ++i) {
      others.emplace_back([&run] { run.work(); });
    }
    if (jobs > 0) {
      run.work();
    }
  }
  return run.outcome();
}

}  // namespace ocibench::oci
