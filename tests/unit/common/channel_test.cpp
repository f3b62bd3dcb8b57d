#include "common/channel.hpp"

#include <poll.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace ocibench {
namespace {

bool is_readable(int fd, int timeout_ms) {
  pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&entry, 1, timeout_ms) == 1;
}

TEST(Channel, GivesValuesInTheOrderTheyCame) {
  Channel<std::string> channel(2);
  EXPECT_TRUE(channel.push("a"));
  EXPECT_TRUE(channel.push("b"));
  EXPECT_EQ(channel.try_pop(), "a");
  EXPECT_EQ(channel.try_pop(), "b");
  EXPECT_EQ(channel.try_pop(), std::nullopt);
}

TEST(Channel, RefusesAndLeavesAloneWhatDoesNotFit) {
  Channel<std::unique_ptr<int>> channel(1);
  EXPECT_TRUE(channel.push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(channel.push(std::move(second)));
  EXPECT_EQ(*second, 2);  // NOLINT(bugprone-use-after-move): that is the point
}

TEST(Channel, IsReadableExactlyWhileSomethingIsQueued) {
  Channel<int> channel(4);
  EXPECT_FALSE(is_readable(channel.fd(), 0));
  ASSERT_TRUE(channel.push(1));
  ASSERT_TRUE(channel.push(2));
  EXPECT_TRUE(is_readable(channel.fd(), 0));
  EXPECT_EQ(channel.try_pop(), 1);
  EXPECT_TRUE(is_readable(channel.fd(), 0));
  EXPECT_EQ(channel.try_pop(), 2);
  EXPECT_FALSE(is_readable(channel.fd(), 0));
}

TEST(Channel, LosesNothingBetweenThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  Channel<int> channel(64);
  std::vector<std::jthread> producers;
  for (int thread = 0; thread < kThreads; ++thread) {
    producers.emplace_back([&channel] {
      for (int value = 1; value <= kEach; ++value) {
        while (!channel.push(int{value})) {
          std::this_thread::yield();
        }
      }
    });
  }
  long sum = 0;
  for (int received = 0; received < kThreads * kEach;) {
    ASSERT_TRUE(is_readable(channel.fd(), 10'000));
    while (const auto value = channel.try_pop()) {
      sum += *value;
      ++received;
    }
  }
  EXPECT_EQ(sum, static_cast<long>(kThreads) * kEach * (kEach + 1) / 2);
  EXPECT_FALSE(is_readable(channel.fd(), 0));
}

}  // namespace
}  // namespace ocibench
