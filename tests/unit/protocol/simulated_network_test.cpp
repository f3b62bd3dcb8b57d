#include "tests/support/simulated_network.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ocibench::testing_support {
namespace {

using protocol::Incoming;
using std::chrono::milliseconds;

const AgentName kLane{"lane-1"};
constexpr int kFrames = 1'000;

/// Sends numbered frames to the server, one a millisecond, and returns what arrives, in order.
std::vector<int> numbers_through(SimulatedNetwork& network, protocol::Transport& client) {
  std::vector<int> arrived;
  const auto take = [&] {
    const auto batch = network.server().receive(milliseconds(0), {}).value();
    for (const Incoming& incoming : batch) {
      arrived.push_back(std::stoi(incoming.frame));
    }
  };
  for (int i = 0; i < kFrames; ++i) {
    EXPECT_TRUE(client.send(AgentName(), std::to_string(i)));
    network.advance_to(network.now() + milliseconds(1));
    take();
  }
  while (const auto next = network.next_event()) {
    network.advance_to(std::max(network.now(), *next));
    take();
  }
  return arrived;
}

std::vector<int> numbers_with(std::uint64_t seed, const FaultPlan& plan) {
  SimulatedNetwork network(seed, plan);
  const auto client = network.client(kLane);
  return numbers_through(network, *client);
}

constexpr FaultPlan kEverything{.loss = 0.1,
                                .duplicate = 0.1,
                                .reorder = 0.1,
                                .min_delay = milliseconds(1),
                                .max_delay = milliseconds(20)};

TEST(SimulatedNetwork, RepeatsARunFromItsSeed) {
  EXPECT_EQ(numbers_with(7, kEverything), numbers_with(7, kEverything));
  EXPECT_NE(numbers_with(7, kEverything), numbers_with(8, kEverything));
}

TEST(SimulatedNetwork, LosesAboutTheShareItIsTold) {
  const auto arrived = numbers_with(1, {.loss = 0.3});
  EXPECT_NEAR(static_cast<double>(arrived.size()), 0.7 * kFrames, 0.05 * kFrames);
  EXPECT_TRUE(std::ranges::is_sorted(arrived));
}

TEST(SimulatedNetwork, DuplicatesAboutTheShareItIsTold) {
  const auto arrived = numbers_with(1, {.duplicate = 0.3});
  EXPECT_NEAR(static_cast<double>(arrived.size()), 1.3 * kFrames, 0.05 * kFrames);
}

TEST(SimulatedNetwork, KeepsOrderUnderDelayUnlessToldToReorder) {
  FaultPlan plan{.min_delay = milliseconds(1), .max_delay = milliseconds(50)};
  EXPECT_TRUE(std::ranges::is_sorted(numbers_with(1, plan)));
  plan.reorder = 0.1;
  auto arrived = numbers_with(1, plan);
  EXPECT_EQ(arrived.size(), static_cast<std::size_t>(kFrames));
  EXPECT_FALSE(std::ranges::is_sorted(arrived));
}

TEST(SimulatedNetwork, DeliversNothingBeforeItsTime) {
  SimulatedNetwork network(1, {.min_delay = milliseconds(5), .max_delay = milliseconds(5)});
  const auto client = network.client(kLane);
  ASSERT_TRUE(client->send(AgentName(), "x"));
  EXPECT_EQ(network.next_event(), MonoTime{} + milliseconds(5));
  network.advance_to(MonoTime{} + milliseconds(4));
  EXPECT_TRUE(network.server().receive(milliseconds(0), {}).value().empty());
  network.advance_to(MonoTime{} + milliseconds(5));
  EXPECT_EQ(network.server().receive(milliseconds(0), {}).value().size(), 1U);
  EXPECT_EQ(network.next_event(), std::nullopt);
}

TEST(SimulatedNetwork, LosesEverythingOfAPartitionedAgentUntilItEnds) {
  SimulatedNetwork network(1, {.min_delay = milliseconds(5), .max_delay = milliseconds(5)});
  const auto cut_off = network.client(kLane);
  const auto other = network.client(AgentName{"lane-2"});
  ASSERT_TRUE(cut_off->send(AgentName(), "under way"));
  network.partition(kLane, MonoTime{} + milliseconds(10));
  ASSERT_TRUE(cut_off->send(AgentName(), "during"));
  ASSERT_TRUE(network.server().send(kLane, "during"));
  ASSERT_TRUE(other->send(AgentName(), "other"));
  network.advance_to(MonoTime{} + milliseconds(10));
  ASSERT_TRUE(cut_off->send(AgentName(), "after"));
  network.advance_to(MonoTime{} + milliseconds(15));
  const auto arrived = network.server().receive(milliseconds(0), {}).value();
  ASSERT_EQ(arrived.size(), 2U);
  EXPECT_EQ(arrived[0].frame, "other");
  EXPECT_EQ(arrived[1].frame, "after");
  EXPECT_TRUE(cut_off->receive(milliseconds(0), {}).value().empty());
}

TEST(SimulatedNetwork, LosesWhatIsUnderWayWhenTheServerRestarts) {
  SimulatedNetwork network(1);
  const auto client = network.client(kLane);
  ASSERT_TRUE(client->send(AgentName(), "x"));
  network.restart_server();
  EXPECT_TRUE(network.server().receive(milliseconds(0), {}).value().empty());
}

}  // namespace
}  // namespace ocibench::testing_support
