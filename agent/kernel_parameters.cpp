#include "agent/kernel_parameters.hpp"

#include <algorithm>
#include <array>

#include "common/text.hpp"

namespace ocibench::agent {
namespace {

constexpr std::size_t kMaxParameterBytes = 64;
constexpr std::size_t kMaxParameters = 64;
constexpr std::string_view kBlanks = " \t\r\n";

constexpr std::array kMatterForSpeed = std::to_array<std::string_view>({
    // What system calls, switches of context and branches cost.
    "mitigations",
    "spectre_v2",
    "spectre_v2_user",
    "spectre_bhi",
    "spec_store_bypass_disable",
    "spec_rstack_overflow",
    "nospectre_v1",
    "nospectre_v2",
    "pti",
    "nopti",
    "l1tf",
    "mds",
    "tsx",
    "tsx_async_abort",
    "retbleed",
    "srbds",
    "mmio_stale_data",
    "gather_data_sampling",
    "reg_file_data_sampling",
    "indirect_target_selection",
    "audit",
    "lsm",
    "selinux",
    "apparmor",
    // Which CPUs programs run on, and what else runs there.
    "isolcpus",
    "nohz",
    "nohz_full",
    "rcu_nocbs",
    "rcu_nocb_poll",
    "irqaffinity",
    "maxcpus",
    "nr_cpus",
    "nosmt",
    "nosmp",
    "threadirqs",
    "preempt",
    "skew_tick",
    // How fast CPUs are, and how fast they wake.
    "intel_pstate",
    "amd_pstate",
    "cpufreq.default_governor",
    "cpufreq.off",
    "cpuidle.off",
    "cpuidle.governor",
    "intel_idle.max_cstate",
    "processor.max_cstate",
    "idle",
    // How much memory there is, and what an access costs.
    "mem",
    "hugepages",
    "hugepagesz",
    "default_hugepagesz",
    "transparent_hugepage",
    "numa",
    "numa_balancing",
    "init_on_alloc",
    "init_on_free",
    "zswap.enabled",
    "swapaccount",
    // What time is read from, and whether what we measure with is there.
    "tsc",
    "clocksource",
    "psi",
    "cgroup_disable",
    "cgroup_enable",
    "cgroup_no_v1",
    "systemd.unified_cgroup_hierarchy",
});

bool matters(std::string_view parameter) {
  return std::ranges::find(kMatterForSpeed, parameter.substr(0, parameter.find('='))) !=
         kMatterForSpeed.end();
}

}  // namespace

std::string speed_parameters(std::string_view command_line) {
  std::string text;
  std::size_t count = 0;
  while (count < kMaxParameters) {
    command_line.remove_prefix(
        std::min(command_line.find_first_not_of(kBlanks), command_line.size()));
    const std::string_view word = command_line.substr(0, command_line.find_first_of(kBlanks));
    if (word.empty() || word == "--") {
      break;  // what follows "--" is for init
    }
    command_line.remove_prefix(word.size());
    if (matters(word)) {
      text += (text.empty() ? "" : " ") + printable(word, kMaxParameterBytes);
      ++count;
    }
  }
  return text.empty() ? "none" : text;
}

}  // namespace ocibench::agent
