#include "coordinator/run_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <system_error>

#include "coordinator/run_notes.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;

enum class Made { file, folder, folder_with_content };

struct MadeHere {
  std::string_view name;
  Made kind;
};

/// Everything that coordinator and agent make in a run's folder, in the order in which it can go.
constexpr std::array<MadeHere, 20> kMadeHere = {{
    {"keys/agents/local.key", Made::file},
    {"keys/agents/local.pub", Made::file},
    {"keys/agents", Made::folder},
    {"keys/coordinator.key", Made::file},
    {"keys/coordinator.pub", Made::file},
    {"keys", Made::folder},
    {"agent/work", Made::folder_with_content},  // of trials; each agent that starts empties it
    {"agent/spool.sqlite-journal", Made::file},
    {"agent/spool.sqlite-shm", Made::file},
    {"agent/spool.sqlite-wal", Made::file},
    {"agent/spool.sqlite", Made::file},
    {"agent/spool.sqlite.lock", Made::file},
    {"agent", Made::folder},
    {"agent.log", Made::file},
    {"journal.sqlite-journal", Made::file},
    {"journal.sqlite-shm", Made::file},
    {"journal.sqlite-wal", Made::file},
    {"journal.sqlite", Made::file},
    {"journal.sqlite.lock", Made::file},
    {kRunNotesFile, Made::file},
}};

void remove_made(const fs::path& run, const MadeHere& made) {
  const fs::path path = run / made.name;
  if (!is_real_folder(path.parent_path())) {
    return;  // behind a link that somebody has put there
  }
  std::error_code ignored;
  if (made.kind == Made::file) {
    ::unlink(path.c_str());
  } else if (made.kind == Made::folder) {
    ::rmdir(path.c_str());
  } else {
    fs::remove_all(path, ignored);  // unlinks links
  }
}

/// What a write of run.json that was killed leaves: mkstemp(3) puts six characters behind the name.
void remove_torn_notes(const fs::path& run) {
  const std::string begin = std::string(kRunNotesFile) + ".";
  constexpr std::size_t kSuffix = 6;
  std::error_code error;
  std::vector<fs::path> torn;
  for (fs::directory_iterator each(run, error), end; !error && each != end; each.increment(error)) {
    const std::string name = each->path().filename().string();
    if (name.starts_with(begin) && name.size() == begin.size() + kSuffix) {
      torn.push_back(each->path());
    }
  }
  for (const fs::path& path : torn) {
    ::unlink(path.c_str());
  }
}

}  // namespace

bool is_real_folder(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::vector<fs::path> remove_run_files(const fs::path& run) {
  if (!is_real_folder(run)) {
    return {};
  }
  for (const MadeHere& made : kMadeHere) {
    remove_made(run, made);
  }
  remove_torn_notes(run);
  ::rmdir(run.c_str());
  ::rmdir(run.parent_path().c_str());
  std::vector<fs::path> left;
  std::error_code error;
  for (fs::directory_iterator each(run, error), end; !error && each != end; each.increment(error)) {
    left.push_back(each->path());
  }
  return left;
}

}  // namespace ocibench::coordinator
