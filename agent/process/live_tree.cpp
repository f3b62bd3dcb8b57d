#include "agent/process/live_tree.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace ocibench::agent {
namespace {

constexpr int kChaseRounds = 200;
constexpr int kBurialRounds = 100;

class CgroupTree final : public LiveTree {
 public:
  CgroupTree(const RunCgroup& cgroup, const ProcessTree& tree)
      : cgroup_(cgroup), root_(tree.pid), left_to_us_(tree.keeper < 0) {}

  [[nodiscard]] std::uint32_t alive() const override {
    return static_cast<std::uint32_t>(cgroup_.members().size());
  }
  [[nodiscard]] bool empty() const override { return cgroup_.empty(); }
  [[nodiscard]] int change_fd() const override { return cgroup_.events_fd(); }

  void kill() const override {
    ::kill(-root_, SIGKILL);  // also who has moved itself to another cgroup
    cgroup_.kill();
  }

  /// A member leaves its cgroup shortly before it becomes a zombie, and may be a zombie of another
  /// such one: hence the rounds.
  void bury() const override {
    if (!left_to_us_) {
      return;
    }
    std::vector<pid_t> remains = cgroup_.remains("/proc");
    for (int round = 0; !remains.empty() && round < kBurialRounds; ++round) {
      for (const pid_t pid : remains) {
        ::waitpid(pid, nullptr, WNOHANG);
      }
      remains = cgroup_.remains("/proc");
    }
  }

 private:
  const RunCgroup& cgroup_;
  pid_t root_;
  bool left_to_us_;
};

class DescendantTree final : public LiveTree {
 public:
  explicit DescendantTree(const ProcessTree& tree)
      : root_(tree.pid), keeper_(tree.keeper), descendants_("/proc", tree.pid, tree.keeper) {}

  [[nodiscard]] std::uint32_t alive() const override {
    const auto members = descendants_.read();
    return static_cast<std::uint32_t>(
        std::count_if(members.begin(), members.end(), [](const auto& m) { return m.alive(); }));
  }

  /// A look at /proc is not atomic: a process may be born behind it while its parent ends in front
  /// of it. But then the parent has become our zombie meanwhile, so a second look differs.
  [[nodiscard]] bool empty() const override {
    const auto before = descendants_.adopted();
    const bool lives =
        std::any_of(before.begin(), before.end(), [](const auto& m) { return m.alive(); });
    return !lives && before == descendants_.adopted();
  }

  void kill() const override {
    if (keeper_ > 0) {
      ::kill(keeper_, SIGKILL);  // and the kernel all that has its process ids from it
      return;
    }
    ::kill(-root_, SIGKILL);
    for (const ProcessEntry& member : descendants_.read()) {
      ::kill(member.pid, SIGKILL);
    }
    chase_orphans();
  }

  void bury() const override {
    for (const ProcessEntry& orphan : descendants_.adopted()) {
      ::waitpid(orphan.pid, nullptr, WNOHANG);
    }
  }

 private:
  /// A process that forks and ends, again and again, is gone from where a look at all of /proc has
  /// found it. But it always comes to us, and asking only for our own children is fast, as long as
  /// we bury the dead.
  void chase_orphans() const {
    for (int round = 0; round < kChaseRounds; ++round) {
      bool any = false;
      for (const ProcessEntry& orphan : descendants_.adopted()) {
        if (orphan.pid != root_) {
          any = true;
          ::kill(-orphan.pid, SIGKILL);
          ::kill(orphan.pid, SIGKILL);
          ::waitpid(orphan.pid, nullptr, WNOHANG);
        }
      }
      if (!any) {
        return;
      }
    }
  }

  pid_t root_;
  pid_t keeper_;
  Descendants descendants_;
};

}  // namespace

std::unique_ptr<LiveTree> make_cgroup_tree(const RunCgroup& cgroup, const ProcessTree& tree) {
  return std::make_unique<CgroupTree>(cgroup, tree);
}

std::unique_ptr<LiveTree> make_descendant_tree(const ProcessTree& tree) {
  return std::make_unique<DescendantTree>(tree);
}

}  // namespace ocibench::agent
