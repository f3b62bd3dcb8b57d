// What the agent learns from the instance metadata service, and when it asks.

#include "agent/instance_facts.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "agent/environment.hpp"
#include "common/file.hpp"
#include "tests/support/scripted_aws.hpp"

namespace ocibench::agent {
namespace {

namespace fs = std::filesystem;
using testing_support::ScriptedAws;

class InstanceFacts : public ::testing::Test {
 protected:
  InstanceFacts() {
    aws_.tell(std::string(aws::Imds::kIdentityDocument),
              R"({"region":"eu-central-1","imageId":"ami-0123","instanceType":"c6in.4xlarge",)"
              R"("accountId":"123456789012"})");
    aws_.tell(std::string(aws::Imds::kZoneId), "euc1-az2");
    aws_.tell(std::string(aws::Imds::kLifeCycle), "spot");
  }
  Environment on_machine_of(const std::string& vendor) {
    const fs::path dmi = directory_.path() / "sys/class/dmi/id";
    fs::create_directories(dmi);
    EXPECT_TRUE(write_file_atomically(dmi / "sys_vendor", vendor));
    return read_environment({.paths = {directory_.path() / "proc", directory_.path() / "sys"},
                             .working_directory = directory_.path(),
                             .metadata_endpoint = aws_.url()});
  }

  ScriptedAws aws_;
  TemporaryDirectory directory_ = TemporaryDirectory::create("/tmp", "instance-facts-").value();
};

TEST_F(InstanceFacts, AreThoseOfTheMetadataService) {
  const auto facts = on_machine_of("Amazon EC2\n").facts;
  EXPECT_EQ(facts.at("ec2.region"), "eu-central-1");
  EXPECT_EQ(facts.at("ec2.zone_id"), "euc1-az2");
  EXPECT_EQ(facts.at("ec2.image_id"), "ami-0123");
  EXPECT_EQ(facts.at("ec2.life_cycle"), "spot");
  EXPECT_EQ(facts.at(kInstanceTypeFact), "c6in.4xlarge");
  EXPECT_FALSE(facts.at("ec2.placement_group"));
}

TEST_F(InstanceFacts, TellWhenASpotInstanceIsTakenBack) {
  const SystemClock clock;
  auto imds = aws::Imds::create(aws_.url(), clock).value();
  EXPECT_FALSE(read_spot_interruption(imds));
  aws_.tell(std::string(aws::Imds::kSpotAction),
            R"({"action": "terminate", "time": "2026-11-22T08:22:00Z"})");
  EXPECT_EQ(read_spot_interruption(imds),
            "EC2 takes this spot instance back: terminate at 2026-11-22T08:22:00Z");
}

TEST_F(InstanceFacts, AreNotAskedForElsewhere) {
  const auto facts = on_machine_of("QEMU\n").facts;
  EXPECT_TRUE(aws_.calls().empty());
  EXPECT_FALSE(facts.at("ec2.region"));
}

}  // namespace
}  // namespace ocibench::agent
