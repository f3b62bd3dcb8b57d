#include "coordinator/fleet/leftovers.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/aws/ecr.hpp"
#include "common/aws/session.hpp"
#include "common/aws/settings.hpp"
#include "common/aws/ssm.hpp"
#include "common/units.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::size_t kMostNamed = 20;

Result<std::size_t> remove_keys(aws::Session& session, const FleetView& fleet) {
  auto store = aws::ParameterStore::create(session);
  const auto keys = store ? store->below(fleet.parameters) : tl::unexpected(store.error());
  if (!keys) {
    return tl::unexpected(keys.error());
  }
  for (const aws::Parameter& key : *keys) {
    if (auto removed = store->remove(key.name); !removed) {
      return tl::unexpected(removed.error());
    }
  }
  return keys->size();
}

Result<std::vector<std::string>> repositories_of(aws::Session& session, const FleetView& fleet) {
  return aws::Ecr::create(session)
      .and_then([&](aws::Ecr&& ecr) { return ecr.repositories(fleet.ecr_prefix + "/"); })
      .map([](const std::vector<aws::EcrRepository>& found) {
        std::vector<std::string> names;
        for (const aws::EcrRepository& each : found) {
          names.push_back(each.name);
        }
        std::ranges::sort(names);
        return names;
      });
}

}  // namespace

Result<Leftovers> clear_leftovers(const FleetView& fleet, const Clock& clock) {
  aws::Session session(aws::settings_in_region(fleet.region), clock);
  const auto removed = remove_keys(session, fleet);
  if (!removed) {
    return tl::unexpected(removed.error());
  }
  return repositories_of(session, fleet).map([&](std::vector<std::string>&& names) {
    return Leftovers{.keys_removed = *removed, .repositories = std::move(names)};
  });
}

std::string leftovers_text(const FleetView& fleet, const Leftovers& left) {
  std::string text;
  if (left.keys_removed > 0) {
    text += fmt::format("Removed {} of its machines from {}.\n",
                        plural(left.keys_removed, "public key"), fleet.parameters);
  }
  if (left.repositories.empty()) {
    return text + fmt::format("No repository is left below {}/ in ECR.\n", fleet.ecr_prefix);
  }
  text += fmt::format("Left, {} in ECR below {}/, which cost storage:\n", left.repositories.size(),
                      fleet.ecr_prefix);
  for (std::size_t i = 0; i < std::min(kMostNamed, left.repositories.size()); ++i) {
    text += fmt::format("  {}\n", left.repositories[i]);
  }
  if (left.repositories.size() > kMostNamed) {
    text += fmt::format("  and {} more\n", left.repositories.size() - kMostNamed);
  }
  return text + fmt::format(
                    "They are of an agent that was killed, or of a campaign that runs now. To "
                    "delete one:\n"
                    "  aws ecr delete-repository --force --region {} --repository-name NAME\n",
                    fleet.region);
}

}  // namespace ocibench::coordinator
