#include "coordinator/agent_keys.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace ocibench::coordinator {

namespace fs = std::filesystem;

/// The names of the folder's key files, as far as they can be had.
struct AgentKeys::Listing {
  std::set<std::string> names;
  std::error_code error;  // of the folder
  bool too_many = false;

  /// The folder is not there, or is none of ours to read: all of it counts as removed.
  [[nodiscard]] bool closed() const {
    return error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory ||
           error == std::errc::permission_denied;
  }
  /// Names that are not in it may be there all the same.
  [[nodiscard]] bool incomplete() const { return (error && !closed()) || too_many; }
};

Result<AgentKeys> AgentKeys::open(fs::path directory, MonoTime now) {
  AgentKeys keys(std::move(directory));
  const Listing listing = keys.list();
  if (listing.error) {
    return fail(listing.error == std::errc::no_such_file_or_directory ? ErrorCode::not_found
                                                                      : ErrorCode::io,
                fmt::format("cannot read the folder of keys {}: {}", keys.directory_.string(),
                            listing.error.message()));
  }
  keys.look(listing);
  keys.looked_ = now;
  return keys;
}

std::optional<AgentKeys::Change> AgentKeys::look_again(MonoTime now) {
  if (now - looked_ < kLookAgain) {
    return std::nullopt;
  }
  looked_ = now;
  const protocol::AllowList before = allowed_;
  look(list());
  Change change{.of_allowed = allowed_ != before};
  std::ranges::set_difference(before.names(), allowed_.names(),
                              std::inserter(change.revoked, change.revoked.end()));
  std::ranges::set_difference(problems_, reported_, std::back_inserter(change.problems));
  reported_ = problems_;
  return change.of_allowed || !change.problems.empty() ? std::optional(std::move(change))
                                                       : std::nullopt;
}

AgentKeys::Listing AgentKeys::list() const {
  Listing listing;
  for (fs::directory_iterator each(directory_, listing.error), end;
       !listing.error && each != end && !listing.too_many; each.increment(listing.error)) {
    if (each->path().extension() == ".pub") {
      listing.too_many = listing.names.size() == kMaxKeyFiles;
      listing.names.insert(each->path().filename().string());
    }
  }
  return listing;
}

void AgentKeys::look(const Listing& listing) {
  const bool missed_before = std::exchange(missed_, listing.closed());
  problems_.clear();
  if (listing.error) {
    problems_.insert(fmt::format("cannot read the folder of keys {}: {}", directory_.string(),
                                 listing.error.message()));
  }
  if (listing.too_many) {
    problems_.insert(fmt::format("{} has more than {} keys", directory_.string(), kMaxKeyFiles));
  }
  if (missed_ && !missed_before) {
    return;  // it may be about to be replaced
  }
  std::set<std::string> names = listing.names;
  if (listing.incomplete()) {
    for (const auto& [name, entry] : files_) {
      names.insert(name);
    }
  }
  std::map<std::string, Entry> files;
  for (const std::string& name : names) {
    if (files.size() < kMaxKeyFiles) {
      if (auto entry = look_at(name)) {
        files.emplace(name, *std::move(entry));
      }
    }
  }
  files_ = std::move(files);
  admit();
}

/// nullopt when the file is gone. Needs no descriptor for a file that has not changed.
std::optional<AgentKeys::Entry> AgentKeys::look_at(const std::string& name) const {
  const fs::path file = directory_ / name;
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return std::nullopt;
    }
    return Entry{.problem = fmt::format("skipped {}: {}", file.string(),
                                        std::generic_category().message(errno)),
                 .settled = false};
  }
  const FileState state{status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size};
  const auto before = files_.find(name);
  if (before == files_.end()) {
    return read(file, state, nullptr);
  }
  const bool as_before = before->second.settled && before->second.state == state;
  return as_before ? before->second : read(file, state, &before->second);
}

AgentKeys::Entry AgentKeys::read(const fs::path& file, const FileState& state,
                                 const Entry* before) const {
  auto key = protocol::read_public_key_file(file);
  if (key) {
    return {.state = state, .key = *std::move(key)};
  }
  Entry entry{.state = state,
              .problem = fmt::format("skipped {}: {}", file.string(), key.error().message)};
  if (before == nullptr || !before->key) {
    entry.settled = key.error().code != ErrorCode::io;
    return entry;
  }
  // What failed with EMFILE and its like says nothing about the file.
  const bool lack = key.error().code == ErrorCode::io && ::access(file.c_str(), R_OK) == 0;
  if (lack || (key.error().code != ErrorCode::io && !before->doubted)) {
    entry.key = before->key;
    entry.settled = false;
    entry.doubted = !lack;
    entry.problem =
        lack ? fmt::format("{} stays in use as it was: {}", file.string(), key.error().message)
             : std::string();
  }
  return entry;
}

/// From the files' keys. One that is claimed by two names may be either's: neither gets in by it.
void AgentKeys::admit() {
  std::map<protocol::PublicKey, std::map<AgentName, std::string>> claims;
  for (const auto& [name, entry] : files_) {
    if (entry.key) {
      claims[entry.key->key].emplace(entry.key->name, name);
    }
    if (!entry.problem.empty()) {
      problems_.insert(entry.problem);
    }
  }
  allowed_ = {};
  for (const auto& [key, names] : claims) {
    if (names.size() == 1) {
      const Result<void> added = allowed_.allow(names.begin()->first, key);
      OCIBENCH_ASSERT(added);
      continue;
    }
    std::string files;
    for (const auto& [agent, file] : names) {
      files += fmt::format("{}{} ({})", files.empty() ? "" : " and ", file, agent.str());
    }
    problems_.insert(
        fmt::format("skipped {} in {}: they hold one key; give each agent a key of its own "
                    "(ocibench keygen NAME)",
                    files, directory_.string()));
  }
}

}  // namespace ocibench::coordinator
