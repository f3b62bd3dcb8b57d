// Container runtimes answer clone3 with ENOSYS; a seccomp filter does the same to a child of ours.

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include <gtest/gtest.h>

#include "agent/process/linux_process_runner.hpp"
#include "common/clock.hpp"
#include "common/file.hpp"

namespace ocibench::agent {
namespace {

class NoObserver final : public WindowObserver {
 public:
  void prepare(const ProcessTree&) override {}
  void opened() override {}
  void closed() override {}
};

bool refuse_clone3() {
  std::array<sock_filter, 4> program = {
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

int exit_code_of_true_without_clone3(const std::filesystem::path& directory) {
  if (!refuse_clone3()) {
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
