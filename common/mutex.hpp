#pragma once

#include <mutex>

// clang's thread-safety analysis ignores libstdc++'s std::mutex, which carries no annotations; this
// thin layer does, and costs nothing under gcc.
// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#if defined(__clang__)
#define OCIBENCH_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define OCIBENCH_THREAD_ANNOTATION(x)
#endif
#define OCIBENCH_GUARDED_BY(x) OCIBENCH_THREAD_ANNOTATION(guarded_by(x))

namespace ocibench {

class OCIBENCH_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() OCIBENCH_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() OCIBENCH_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class OCIBENCH_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) OCIBENCH_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() OCIBENCH_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace ocibench
