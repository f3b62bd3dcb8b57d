// Container runtimes answer clone3 with ENOSYS; a seccomp filter does the same to a child of ours.

#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>

#include <gtest/gtest.h>

#include "agent/process/linux_process_runner.hpp"
#include "common/clock.hpp"
#include "common/file.hpp"
#include "tests/support/child_process.hpp"

namespace ocibench::agent {
namespace {

class NoObserver final : public WindowObserver {
 public:
  void prepare(const ProcessTree&) override {}
  void opened() override {}
  void closed() override {}
};

int exit_code_of_true_without_clone3(const std::filesystem::path& directory) {
  if (!testing_support::refuse_system_call(SYS_clone3, ENOSYS)) {
    return 90;
  }
  const SystemClock clock;
  LinuxProcessRunner runner(clock);
  NoObserver observer;
  const Cancellation cancellation;
  const auto report = runner.run({.argv = {"/bin/true"},
                                  .working_directory = directory,
                                  .stdout_log = directory / "out.gz",
                                  .stderr_log = directory / "err.gz",
                                  .deadline = std::chrono::seconds(20)},
                                 observer, cancellation);
  return report && report->exit_code ? *report->exit_code : 91;
}

TEST(FilteredClone, StartsAToolAllTheSame) {
  const auto directory = TemporaryDirectory::create(testing::TempDir(), "filtered-").value();
  EXPECT_EXIT(std::_Exit(exit_code_of_true_without_clone3(directory.path())),
              testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ocibench::agent
