#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/aws/imds.hpp"

namespace ocibench::agent {

/// What an EC2 instance knows of itself and no file tells: "ec2.region", "ec2.zone_id" (the same
/// place in every account, unlike a zone's name), "ec2.image_id", "ec2.instance_type",
/// "ec2.placement_group" and "ec2.life_cycle" ("on-demand", "spot"). All keys are there; what was
/// not told is absent.
std::map<std::string, std::optional<std::string>> read_instance_facts(aws::Imds& imds);

/// "EC2 takes this spot instance back: terminate at 2026-11-22T08:22:00Z"; nullopt when it does not
/// (or we can't know). To be asked when we are told to stop: asking all the while would be traffic
/// in what we measure.
std::optional<std::string> read_spot_interruption(aws::Imds& imds);

/// The same keys for a machine that is no instance.
std::map<std::string, std::optional<std::string>> unknown_instance_facts();

}  // namespace ocibench::agent
