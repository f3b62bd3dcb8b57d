// A process id that was noted and has been given away again names nobody of ours.

#include "coordinator/local_agent.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace ocibench::coordinator {
namespace {

/// Waits for a signal; killed and reaped when the object goes.
class WaitingChild {
 public:
  WaitingChild() : pid_(::fork()) {
    if (pid_ == 0) {
      ::pause();
      ::_exit(0);
    }
  }
  WaitingChild(const WaitingChild&) = delete;
  WaitingChild& operator=(const WaitingChild&) = delete;
  ~WaitingChild() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(LocalAgent, IsTakenOverByItsPidAndStart) {
  const WaitingChild child;
  const auto identity = identity_of(child.pid());
  ASSERT_TRUE(identity) << identity.error().message;
  const auto agent = LocalAgent::adopt(*identity);
  ASSERT_TRUE(agent) << agent.error().message;
  EXPECT_EQ(agent->identity(), *identity);
}

TEST(LocalAgent, IsNotAnotherProcessWithThatPid) {
  const WaitingChild child;
  ProcessIdentity earlier = identity_of(child.pid()).value();
  --earlier.start_ticks;
  const auto agent = LocalAgent::adopt(earlier);
  ASSERT_FALSE(agent);
  EXPECT_EQ(agent.error().code, ErrorCode::unavailable);
  EXPECT_EQ(::waitpid(child.pid(), nullptr, WNOHANG), 0) << "and that one lives on";
}

TEST(LocalAgent, IsNotOneThatHasEnded) {
  const WaitingChild child;
  const ProcessIdentity identity = identity_of(child.pid()).value();
  ::kill(child.pid(), SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(LocalAgent::adopt(identity)) << "a zombie";
}

TEST(ProcessIdentity, OfNobodyIsNotFound) {
  constexpr pid_t kAboveAnyPid = 1 << 30;  // pid_max is at most 2^22, see proc(5)
  EXPECT_EQ(identity_of(kAboveAnyPid).error().code, ErrorCode::not_found);
  EXPECT_EQ(identity_of(::getpid())->pid, ::getpid());
}

}  // namespace
}  // namespace ocibench::coordinator
