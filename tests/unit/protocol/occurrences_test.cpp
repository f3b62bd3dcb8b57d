#include "protocol/occurrences.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::protocol {
namespace {

TEST(Occurrences, AreWorthALineAtThePowersOfTen) {
  Occurrences occurrences;
  std::vector<std::uint64_t> said;
  for (int i = 0; i < 1'500; ++i) {
    if (const auto times = occurrences.count("10.0.0.7")) {
      said.push_back(*times);
    }
  }
  EXPECT_THAT(said, testing::ElementsAre(1, 10, 100, 1'000));
}

TEST(Occurrences, OfDifferentKeysAreCountedApartAndBounded) {
  Occurrences occurrences;
  for (std::size_t i = 0; i < Occurrences::kMaxKeys; ++i) {
    EXPECT_EQ(occurrences.count(std::to_string(i)), 1U);
  }
  EXPECT_EQ(occurrences.count("0"), std::nullopt);
  EXPECT_EQ(occurrences.count("one more"), 1U);
  EXPECT_EQ(occurrences.count("0"), 1U);  // forgotten with the others
}

}  // namespace
}  // namespace ocibench::protocol
