#include "agent/sampling/series.hpp"

#include <gtest/gtest.h>

#include "agent/sampling/samples.hpp"
#include "common/file.hpp"

namespace ocibench::agent {
namespace {

using std::chrono::milliseconds;

TEST(Spread, OfNothingIsAbsent) { EXPECT_FALSE(spread_of({})); }

TEST(Spread, OfOneValueIsThatValue) { EXPECT_EQ(spread_of({3}), (Spread{3, 3, 3})); }

TEST(Spread, InterpolatesBetweenRanks) {
  const auto spread = spread_of({4, 1, 3, 2});
  ASSERT_TRUE(spread);
  EXPECT_DOUBLE_EQ(spread->p50, 2.5);
  EXPECT_DOUBLE_EQ(spread->p95, 3.85);
  EXPECT_DOUBLE_EQ(spread->max, 4);
}

Sample sample_at(int ms, std::uint64_t tx, std::uint64_t cpu_us) {
  Sample sample;
  sample.at = MonoTime{} + milliseconds(ms);
  sample.network = InterfaceCounters{.tx_bytes = tx};
  sample.use = {.cpu_user_us = cpu_us, .cpu_system_us = 0, .rss_bytes = 4096, .processes = 2};
  return sample;
}

TEST(Samples, GiveCpuPerStepInPercentOfACore) {
  const std::vector<Sample> samples{sample_at(0, 0, 100), sample_at(1000, 0, 500'100),
                                    sample_at(3000, 0, 4'500'100)};
  EXPECT_EQ(cpu_percent_steps(samples), (std::vector<double>{50, 200}));
}

TEST(Samples, LeaveOutStepsThatWereNotMeasured) {
  std::vector<Sample> samples{sample_at(0, 0, 0), sample_at(1000, 0, 10), sample_at(2000, 0, 20)};
  samples[1].use.cpu_user_us.reset();
  samples[1].use.rss_bytes.reset();
  EXPECT_TRUE(cpu_percent_steps(samples).empty());
  EXPECT_EQ(rss_values(samples).size(), 1U);
}

TEST(Samples, AreWrittenRelativeToTheStartWithEmptyCellsForTheUnmeasured) {
  const auto directory = TemporaryDirectory::create("/tmp", "series-test-");
  ASSERT_TRUE(directory);
  std::vector<Sample> samples{sample_at(500, 1000, 7), sample_at(1500, 3000, 27)};
  samples.push_back(sample_at(1700, 3500, 30));
  samples[2].network.reset();
  ASSERT_TRUE(write_samples_csv(directory->path() / "s.csv", samples));
  EXPECT_EQ(*read_file(directory->path() / "s.csv", 1000),
            "t_s,tx_bytes,rx_bytes,cpu_user_us,cpu_system_us,rss_bytes,processes\n"
            "0.000,0,0,0,0,4096,2\n"
            "1.000,2000,0,20,0,4096,2\n"
            "1.200,,,23,0,4096,2\n");
}

}  // namespace
}  // namespace ocibench::agent
