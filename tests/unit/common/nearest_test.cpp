#include "common/nearest.hpp"

#include <gtest/gtest.h>

namespace ocibench {
namespace {

const std::vector<std::string> kTools = {"crane", "null", "skopeo"};

TEST(NearestName, ForgivesATypo) {
  EXPECT_EQ(nearest_name("skope", kTools), "skopeo");
  EXPECT_EQ(nearest_name("carne", kTools), "crane");  // one swap
  EXPECT_EQ(nearest_name("nul", kTools), "null");
}

TEST(NearestName, DoesNotGuessFromAfar) {
  EXPECT_EQ(nearest_name("regctl", kTools), std::nullopt);
  EXPECT_EQ(nearest_name("", kTools), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(100'000, 'a'), kTools), std::nullopt);
}

TEST(Suggestion, ListsWhatIsKnownWhenNothingIsNear) {
  EXPECT_EQ(suggestion("skope", kTools), "; did you mean `skopeo`?");
  EXPECT_EQ(suggestion("regctl", kTools), "; known: crane, null, skopeo");
  EXPECT_EQ(suggestion("regctl", {}), "; none is known");
}

}  // namespace
}  // namespace ocibench
