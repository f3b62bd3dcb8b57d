#include "agent/instance_facts.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/json.hpp"
#include "common/text.hpp"

namespace ocibench::agent {
namespace {

using Facts = std::map<std::string, std::optional<std::string>>;
using Source = std::pair<const char*, std::string_view>;

constexpr std::size_t kMaxFactBytes = 256;

// Members of the identity document.
constexpr std::array<Source, 3> kDocumented = {
    {{"ec2.region", "region"}, {"ec2.image_id", "imageId"}, {"ec2.instance_type", "instanceType"}}};
// Paths of their own.
constexpr std::array<Source, 3> kAsked = {{{"ec2.zone_id", aws::Imds::kZoneId},
                                           {"ec2.placement_group", aws::Imds::kPlacementGroup},
                                           {"ec2.life_cycle", aws::Imds::kLifeCycle}}};

}  // namespace

Facts unknown_instance_facts() {
  Facts facts;
  for (const auto& sources : {kDocumented, kAsked}) {
    for (const auto& [key, source] : sources) {
      facts.emplace(key, std::nullopt);
    }
  }
  return facts;
}

Facts read_instance_facts(aws::Imds& imds) {
  Facts facts = unknown_instance_facts();
  const Result<std::string> document = imds.get(aws::Imds::kIdentityDocument);
  const Result<Json> json =
      document ? parse_json(*document, "identity document") : tl::unexpected(document.error());
  const Result<JsonObject> object =
      json ? JsonObject::open(*json, "identity document") : tl::unexpected(json.error());
  for (const auto& [key, member] : kDocumented) {
    if (const auto told = object ? object->text(member) : tl::unexpected(object.error())) {
      facts[key] = printable(*told, kMaxFactBytes);
    }
  }
  for (const auto& [key, path] : kAsked) {
    if (const auto told = imds.get(path)) {
      facts[key] = printable(*told, kMaxFactBytes);
    }
  }
  return facts;
}

std::optional<std::string> read_spot_interruption(aws::Imds& imds) {
  const std::string where = "spot/instance-action";
  const Result<std::string> told = imds.get(aws::Imds::kSpotAction);
  const Result<Json> json = told ? parse_json(*told, where) : tl::unexpected(told.error());
  const Result<JsonObject> object =
      json ? JsonObject::open(*json, where) : tl::unexpected(json.error());
  if (!object) {
    return std::nullopt;
  }
  const std::string action = object->text("action").value_or("stop");
  const std::string time = object->text("time").value_or("an unknown time");
  return fmt::format("EC2 takes this spot instance back: {} at {}",
                     printable(action, kMaxFactBytes), printable(time, kMaxFactBytes));
}

}  // namespace ocibench::agent
