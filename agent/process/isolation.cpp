#include "agent/process/isolation.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/file.hpp"
#include "common/process/probe.hpp"

namespace ocibench::agent {
namespace {

namespace fs = std::filesystem;

/// Where a tool of our own user could leave its cgroup.
constexpr const char* kCgroups = "/sys/fs/cgroup";
constexpr mode_t kSearchable = S_IXUSR | S_IXGRP | S_IXOTH;

Result<void> give(const fs::path& path, uid_t user) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return fail_errno(fmt::format("cannot look at {}", path.string()), errno);
  }
  // A second name of a file may be one that an earlier run has made for somebody else's.
  const bool other_names = S_ISREG(status.st_mode) && status.st_nlink > 1;
  if (status.st_uid != user && !other_names && ::lchown(path.c_str(), user, user) != 0) {
    return fail_errno(fmt::format("cannot give {} to user {}", path.string(), user), errno);
  }
  return {};
}

Result<void> give_all(const fs::path& directory, uid_t user) {
  Result<void> given = give(directory, user);
  std::error_code error;
  fs::recursive_directory_iterator each(directory, error);
  for (; given && !error && each != fs::recursive_directory_iterator(); each.increment(error)) {
    given = give(each->path(), user);
  }
  return given && error ? fail(ErrorCode::io, fmt::format("cannot read {}: {}", directory.string(),
                                                          error.message()))
                        : given;
}

/// Lets other users pass through what lies between, without letting them list it.
Result<void> open_the_way(const fs::path& from, const fs::path& to) {
  for (fs::path each = to.parent_path(); each.has_relative_path(); each = each.parent_path()) {
    struct stat status {};
    if (::stat(each.c_str(), &status) != 0 ||
        ((status.st_mode & kSearchable) != kSearchable &&
         ::chmod(each.c_str(), (status.st_mode & 07777) | kSearchable) != 0)) {
      return fail_errno(fmt::format("cannot open {} to tools", each.string()), errno);
    }
    if (each == from) {
      break;
    }
  }
  return {};
}

void add_canonical(std::vector<fs::path>& paths, const fs::path& path) {
  std::error_code error;
  if (const fs::path canonical = fs::canonical(path, error); !error) {
    paths.push_back(canonical);
  }
}

std::vector<fs::path> beginning_with(const fs::path& beginning) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(beginning.parent_path(), error)) {
    if (entry.path().filename().string().starts_with(beginning.filename().string())) {
      found.push_back(entry.path());
    }
  }
  return found;
}

Result<void> run_probe(const Probe& probe, const std::string& otherwise, const Clock& clock) {
  const Result<ProbeAnswer> answer = capture(probe, clock);
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  return answer->exit_code == 0 ? Result<void>() : fail(ErrorCode::unavailable, otherwise);
}

}  // namespace

Isolation Isolation::establish(IsolationRequest request, const Clock& clock) {
  Isolation isolation;
  isolation.request_ = std::move(request);
  const auto fall_back = [&](const std::string& why) {
    isolation.base_ = {};
    isolation.user_.reset();
    isolation.description_ = fmt::format("{}: {}", kNotIsolated, why);
    return isolation;
  };
  isolation.base_.namespaces = true;
  if (::geteuid() != 0) {
    isolation.description_ = "a user namespace, own mounts, own processes";
    const Result<void> tried = isolation.try_out(clock);
    return tried ? isolation : fall_back(tried.error().message);
  }
  Result<ToolUser> user = ToolUser::claim();
  if (!user) {
    return fall_back(user.error().message);
  }
  isolation.user_ = std::make_shared<const ToolUser>(*std::move(user));
  isolation.base_.user = isolation.user_->id();
  isolation.description_ = "a user of their own, own mounts, own processes";
  const Result<void> apart = isolation.try_out(clock);
  if (apart) {
    return isolation;
  }
  isolation.base_.namespaces = false;
  isolation.description_ = fmt::format("a user of their own, the host's mounts and processes ({})",
                                       apart.error().message);
  const Result<void> tried =
      isolation.try_out(clock).and_then([&] { return isolation.reach_programs(clock); });
  return tried ? isolation
               : fall_back(fmt::format("{}; {}", apart.error().message, tried.error().message));
}

Confinement Isolation::confine(const Command& command) const {
  Confinement confinement = base_;
  if (!base_.namespaces) {
    return confinement;
  }
  for (const fs::path& each : request_.hidden) {
    add_canonical(confinement.hidden, each);
  }
  for (const fs::path& beginning : request_.hidden_beginnings) {
    for (const fs::path& each : beginning_with(beginning)) {
      add_canonical(confinement.hidden, each);
    }
  }
  confinement.writable = command.writable;
  confinement.readable = command.readable;
  confinement.readable.emplace_back(command.argv.front());
  confinement.sealed = {kCgroups};
  return confinement;
}

Result<void> Isolation::hand_over(const Command& command) const {
  if (!base_.user) {
    return {};
  }
  for (const fs::path& directory : command.writable) {
    if (auto given = give_all(directory, *base_.user); !given) {
      return given;
    }
    if (base_.namespaces) {
      continue;
    }
    if (auto opened = open_the_way(request_.work_directory, directory); !opened) {
      return opened;
    }
  }
  return {};
}

/// A program that cannot read what is hidden, and can write where it works.
Result<void> Isolation::try_out(const Clock& clock) const {
  auto directory = TemporaryDirectory::create(request_.work_directory, "isolation-");
  if (!directory) {
    return tl::unexpected(directory.error());
  }
  const fs::path work = directory->path() / "work";
  const fs::path secret = directory->path() / "secret";
  std::error_code error;
  fs::create_directory(work, error);
  if (auto written = write_file_atomically(secret, "secret\n", FileReaders::owner); !written) {
    return written;
  }
  const Command command{
      .argv = {"/bin/sh", "-c", "test ! -r \"$1\" && : > here", "sh", secret.string()},
      .working_directory = work,
      .writable = {work}};
  if (auto given = hand_over(command); !given) {
    return given;
  }
  Confinement confinement = confine(command);
  if (confinement.namespaces) {
    confinement.hidden.push_back(fs::canonical(directory->path(), error));
  }
  return run_probe(
      {.argv = command.argv, .working_directory = work, .confinement = std::move(confinement)},
      fmt::format("what is hidden in {} can be read, or its own folder cannot be "
                  "written to",
                  directory->path().string()),
      clock);
}

Result<void> Isolation::reach_programs(const Clock& clock) const {
  for (const fs::path& folder : request_.programs) {
    std::error_code error;
    if (!fs::exists(folder, error)) {
      continue;
    }
    if (auto reached = run_probe(
            {.argv = {"/bin/sh", "-c", "test -x \"$1\"", "sh", folder.string()},
             .confinement = base_},
            fmt::format("user {} cannot reach the programs in {}", *base_.user, folder.string()),
            clock);
        !reached) {
      return reached;
    }
  }
  return {};
}

}  // namespace ocibench::agent
