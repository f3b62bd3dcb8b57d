#include "coordinator/fleet/fleet_folder.hpp"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/file.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariables = "fleet.tfvars.json";

Result<void> copy_into(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  fs::copy(from, to, fs::copy_options::recursive, error);
  if (error == std::errc::no_such_file_or_directory) {
    return fail(ErrorCode::not_found, fmt::format("there is no {}", from.string()));
  }
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot copy {} to {}: {}", from.string(), to.string(),
                                           error.message()));
  }
  return {};
}

/// The configuration without what somebody's own runs of Terraform have left in it.
Result<void> copy_configuration(const fs::path& from, const fs::path& to) {
  for (const char* module : {"aws", "modules"}) {
    if (auto copied = copy_into(from / module, to / module); !copied) {
      return copied;
    }
  }
  std::error_code error;
  for (const char* left : {".terraform", ".terraform.lock.hcl", "terraform.tfstate"}) {
    fs::remove_all(to / "aws" / left, error);
  }
  return {};
}

}  // namespace

Result<FleetFolder> FleetFolder::create(const fs::path& fleets, const std::string& name,
                                        const Sources& sources) {
  std::error_code error;
  const fs::path path = fs::absolute(fleets, error) / name;
  if (fs::exists(path, error)) {
    return fail(ErrorCode::conflict, fmt::format("there is a fleet in {} already", path.string()));
  }
  FleetFolder folder(path.string() + ".new");
  fs::remove_all(folder.path_, error);
  const bool json = sources.settings.extension() == ".json";
  auto made = copy_configuration(sources.terraform, folder.path_ / "terraform")
                  .and_then([&] { return copy_into(sources.campaign, folder.campaign()); })
                  .and_then([&] {
                    return copy_into(sources.settings, folder.path_ / (json ? "settings.tfvars.json"
                                                                            : "settings.tfvars"));
                  });
  if (!made) {
    folder.remove();
    return tl::unexpected(made.error());
  }
  fs::rename(folder.path_, path, error);
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot create {}: {}", path.string(), error.message()));
  }
  return FleetFolder(path);
}

Result<FleetFolder> FleetFolder::open(const fs::path& fleets, const std::string& name) {
  std::error_code error;
  fs::path path = fs::absolute(fleets, error) / name;
  if (!fs::is_directory(path, error)) {
    return fail(ErrorCode::not_found,
                fmt::format("no fleet {} was made from here ({} does not exist); --fleets names "
                            "another folder",
                            name, path.string()));
  }
  return FleetFolder(std::move(path));
}

Result<void> FleetFolder::write_variables(const Json& variables) const {
  return write_file_atomically(path_ / kVariables, dump_json(variables));
}

Terraform::Place FleetFolder::place() const {
  std::error_code error;
  const fs::path json = path_ / "settings.tfvars.json";
  return {.folder = path_ / "terraform" / "aws",
          .variables = {fs::exists(json, error) ? json : path_ / "settings.tfvars",
                        path_ / kVariables}};
}

bool FleetFolder::has_state() const {
  std::error_code error;
  return fs::exists(path_ / "terraform" / "aws" / "terraform.tfstate", error);
}

void FleetFolder::remove() const {
  std::error_code error;
  fs::remove_all(path_, error);
}

}  // namespace ocibench::coordinator
