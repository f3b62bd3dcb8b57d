#include "coordinator/agent_keys.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <system_error>

#include "protocol/key_file.hpp"

namespace ocibench::coordinator {

Result<AgentKeys> AgentKeys::open(std::filesystem::path directory, MonoTime now) {
  AgentKeys keys(std::move(directory));
  keys.seen_ = keys.fingerprint();
  keys.looked_ = now;
  auto allowed = protocol::read_allow_list(keys.directory_);
  if (!allowed) {
    return tl::unexpected(allowed.error());
  }
  keys.allowed_ = *std::move(allowed);
  return keys;
}

AgentKeys::Fingerprint AgentKeys::fingerprint() const {
  Fingerprint files;
  std::error_code error;
  for (std::filesystem::directory_iterator each(directory_, error), end;
       !error && each != end && files.size() <= protocol::kMaxKeyFiles; each.increment(error)) {
    struct stat status {};
    if (::stat(each->path().c_str(), &status) == 0) {
      files.emplace(each->path().filename().string(),
                    FileState{status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size});
    }
  }
  return files;
}

Result<std::optional<AgentKeys::Change>> AgentKeys::look_again(MonoTime now) {
  if (now - looked_ < kLookAgain) {
    return std::nullopt;
  }
  looked_ = now;
  Fingerprint files = fingerprint();
  if (files == seen_) {
    return std::nullopt;
  }
  auto allowed = protocol::read_allow_list(directory_);
  if (!allowed) {
    return tl::unexpected(allowed.error());  // and read again, whether it changes or not
  }
  seen_ = std::move(files);
  const std::set<AgentName> before = allowed_.names();
  const std::set<AgentName> after = allowed->names();
  Change change;
  std::ranges::set_difference(before, after, std::inserter(change.revoked, change.revoked.end()));
  allowed_ = *std::move(allowed);
  return change;
}

}  // namespace ocibench::coordinator
