#include "agent/sampling/host_counters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/process/process_table.hpp"
#include "agent/sampling/marks.hpp"
#include "agent/sampling/proc_tree.hpp"

namespace ocibench::agent {
namespace {

TEST(HostCounters, ReadStealFromTheSumOfAllCpus) {
  EXPECT_EQ(parse_steal_ticks("cpu  10 20 30 40 50 60 70 81 90 100\ncpu0 1 2 3 4 5 6 7 8 9 1\n"),
            81U);
  EXPECT_FALSE(parse_steal_ticks("cpu 1 2 3\n"));
  EXPECT_FALSE(parse_steal_ticks(""));
}

TEST(HostCounters, ReadTheTotalOfPressure) {
  EXPECT_EQ(parse_psi_some_us("some avg10=0.00 avg60=0.00 avg300=0.00 total=12345\n"
                              "full avg10=0.00 avg60=0.00 avg300=0.00 total=99\n"),
            12345U);
  EXPECT_FALSE(parse_psi_some_us("full avg10=0.00 total=99\n"));
  EXPECT_FALSE(parse_psi_some_us("some total=\n"));
}

TEST(HostCounters, FindAColumnOfSnmpByName) {
  constexpr const char* kSnmp =
      "Ip: Forwarding DefaultTTL\nIp: 1 64\n"
      "Tcp: RtoAlgorithm RtoMin RetransSegs InErrs\nTcp: 1 200 17 0\n"
      "TcpX: RetransSegs\nTcpX: 5\n";
  EXPECT_EQ(parse_snmp(kSnmp, "Tcp", "RetransSegs"), 17U);
  EXPECT_FALSE(parse_snmp(kSnmp, "Tcp", "Missing"));
  EXPECT_FALSE(parse_snmp(kSnmp, "Udp", "RetransSegs"));
  EXPECT_FALSE(parse_snmp("Tcp: RetransSegs\n", "Tcp", "RetransSegs"));
}

TEST(HostCounters, LeaveOutWhatIsUnknownOrFell) {
  const ValidityCounters moved =
      difference({.steal_us = 5, .psi_io_some_us = 9}, {.steal_us = 7, .psi_io_some_us = 8});
  EXPECT_EQ(moved.steal_us, 2U);
  EXPECT_FALSE(moved.psi_io_some_us);
  EXPECT_FALSE(moved.psi_cpu_some_us);
}

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// Of a window of two seconds in which 1,000 segments and 2,000 packets were moved.
std::vector<std::string> marks_for(const ValidityCounters& counters) {
  return marks_of({.window = milliseconds(2000),
                   .counters = counters,
                   .tcp_sent_segments = 1000,
                   .packets = 2000});
}

TEST(Marks, AreMadeOfWhatIsAboveItsLimitAndOfNothingElse) {
  EXPECT_THAT(marks_for({}), IsEmpty());
  EXPECT_THAT(marks_for({.steal_us = 20'000,
                         .psi_cpu_some_us = 2'000'000,
                         .psi_io_some_us = 2'000'000,
                         .psi_memory_some_us = 20'000,
                         .tcp_retransmitted_segments = 10,
                         .nic_dropped_packets = 20,
                         .ena_allowance_exceeded = 0,
                         .clock_offset_s = -0.010}),
              IsEmpty());
}

TEST(Marks, SayHowMuchAndOfWhat) {
  EXPECT_THAT(marks_for({.steal_us = 62'000}), ElementsAre("steal 3.1 % of a core"));
  EXPECT_THAT(marks_for({.psi_memory_some_us = 30'000}),
              ElementsAre("something waited for memory for 1.5 % of the time"));
  EXPECT_THAT(marks_for({.tcp_retransmitted_segments = 11}),
              ElementsAre("TCP segments sent again: 11 of 1000 (1.10 %)"));
  EXPECT_THAT(marks_for({.nic_dropped_packets = 21}),
              ElementsAre("packets dropped by the interface: 21 of 2000 (1.05 %)"));
  EXPECT_THAT(marks_for({.ena_allowance_exceeded = 1}),
              ElementsAre("packets over the instance's network allowance: 1"));
  EXPECT_THAT(marks_for({.clock_offset_s = -0.012}), ElementsAre("the clock was 12 ms off"));
}

TEST(Marks, TakeOneTickOfStealForARounding) {
  const auto marks_of_steal = [](std::uint64_t steal_us) {
    return marks_of({.window = milliseconds(100), .counters = {.steal_us = steal_us}});
  };
  EXPECT_THAT(marks_of_steal(10'000), IsEmpty()) << "10 % of a core, but one tick";
  EXPECT_THAT(marks_of_steal(20'000), ElementsAre("steal 20.0 % of a core"));
}

TEST(Marks, AreMadeWhereTheWholeIsNotKnown) {
  EXPECT_THAT(marks_of({.counters = {.tcp_retransmitted_segments = 1}}),
              ElementsAre("TCP segments sent again: 1"));
}

TEST(Chrony, TellsItsOffsetInTheFifthField) {
  EXPECT_EQ(parse_chrony_offset_s("A9FEA97B,169.254.169.123,4,1795296476.1,-0.000012,0.1,0.2\n"),
            -0.000012);
  EXPECT_FALSE(parse_chrony_offset_s("506 Cannot talk to daemon\n"));
  EXPECT_FALSE(parse_chrony_offset_s("a,b,c,d,x,e\n"));
}

// Captured from /proc/PID/stat, with a name that tries to look like the end of a name.
constexpr const char* kStat =
    "4242 (a) R 1 (b) S 41 4242 4242 0 -1 4194560 100 0 0 0 12 34 56 78 20 0 1 0 9876 1000000 250 "
    "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n";

TEST(ProcessStat, EndsTheNameAtTheLastParenthesis) {
  const auto entry = parse_process_stat(kStat);
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->pid, 4242);
  EXPECT_EQ(entry->parent, 41);
  EXPECT_EQ(entry->state, 'S');
  EXPECT_EQ(entry->user_ticks, 12U);
  EXPECT_EQ(entry->waited_system_ticks, 78U);
  EXPECT_EQ(entry->start_ticks, 9876U);
  EXPECT_EQ(entry->rss_pages, 250U);
}

TEST(ProcessStat, RefusesWhatIsNone) {
  for (const char* text :
       {"", "(", ")", "()", "1 (a)", "1 (a) S 1 2 3", "x (a) S", ")(", "1 )a( S"}) {
    EXPECT_FALSE(parse_process_stat(text)) << text;
  }
}

TEST(ProcTree, CountsTheTimesOfZombiesButNotTheirMemory) {
  const TreeUse use =
      sum_of({{.pid = 1, .state = 'S', .user_ticks = 1, .waited_user_ticks = 2, .rss_pages = 3},
              {.pid = 2, .state = 'Z', .user_ticks = 4, .system_ticks = 5, .rss_pages = 6}});
  EXPECT_EQ(use.processes, 1U);
  EXPECT_EQ(use.cpu_user_us, 70'000U);
  EXPECT_EQ(use.cpu_system_us, 50'000U);
  EXPECT_EQ(use.rss_bytes, 3U * 4096);
}

}  // namespace
}  // namespace ocibench::agent
