#include "common/catalog/installation.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/file.hpp"
#include "common/json.hpp"

namespace ocibench::catalog {
namespace {

namespace fs = std::filesystem;
using Method = Installation::Method;

constexpr std::uint64_t kMaxRecordBytes = 64 * 1024;

struct MethodKey {
  std::string_view key;
  Method method;
};
constexpr std::array<MethodKey, 4> kMethods = {{{"apt", Method::apt},
                                                {"go", Method::go},
                                                {"cargo", Method::cargo},
                                                {"manual", Method::manual}}};

/// What `go install` and `cargo install` are asked for.
const std::string& revision_of(const Installation& installation) {
  return installation.revision.empty() ? installation.version : installation.revision;
}

std::vector<std::string> go_words(const Installation& installation) {
  std::vector<std::string> words = {"go", "install"};
  if (!installation.tags.empty()) {
    words.push_back(fmt::format("-tags={}", fmt::join(installation.tags, ",")));
  }
  words.push_back(installation.what + "@" + revision_of(installation));
  return words;
}

std::vector<std::string> cargo_words(const Installation& installation) {
  std::vector<std::string> words = {"cargo", "install", "--locked"};
  if (installation.repository.empty()) {
    words.insert(words.end(), {"--version", revision_of(installation)});
  } else {
    words.insert(words.end(),
                 {"--git", installation.repository, "--tag", revision_of(installation)});
  }
  if (!installation.tags.empty()) {
    words.insert(words.end(), {"--no-default-features", "--features",
                               fmt::format("{}", fmt::join(installation.tags, ","))});
  }
  words.push_back(installation.what);
  return words;
}

std::vector<std::string> words_of(const Installation& installation) {
  switch (installation.method) {
    case Method::apt: return {"apt-get", "install", installation.what};
    case Method::go: return go_words(installation);
    case Method::cargo: return cargo_words(installation);
    case Method::manual: break;
  }
  return {installation.what};
}

/// As root. No service may be started or left enabled: only the program is wanted.
constexpr const char* kAptScript = R"(set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends "$1"
if command -v systemctl >/dev/null; then systemctl disable "$1" 2>/dev/null || true; fi
)";

fs::path record_of(const fs::path& binary) { return binary.parent_path() / "installed.json"; }

bool is_built(Method method) { return method == Method::go || method == Method::cargo; }

}  // namespace

Installation read_installation(TomlTable& root) {
  Installation installation;
  auto table = root.optional_table("install");
  if (!table) {
    root.problem("install", "table `install` is missing: say how the program comes onto a machine");
    return installation;
  }
  int methods = 0;
  for (const auto& [key, method] : kMethods) {
    if (auto what = table->optional_text(key)) {
      installation.method = method;
      installation.what = *std::move(what);
      ++methods;
    }
  }
  if (methods != 1) {
    root.problem("install", "table `install` needs exactly one of `apt`, `go`, `cargo`, `manual`");
  }
  if (!is_built(installation.method)) {
    return installation;
  }
  installation.version = table->text("version");
  installation.revision = table->optional_text("revision").value_or("");
  installation.tags = table->optional_texts("tags");
  if (installation.method == Method::cargo) {
    installation.repository = table->optional_text("git").value_or("");
  }
  return installation;
}

std::string install_line(const Installation& installation) {
  const std::string line = fmt::format("{}", fmt::join(words_of(installation), " "));
  return installation.method == Method::go ? "CGO_ENABLED=0 " + line : line;
}

std::vector<std::string> install_command(const Installation& installation, const fs::path& folder,
                                         const fs::path& scratch) {
  OCIBENCH_ASSERT(installation.method != Method::manual);
  std::vector<std::string> words = words_of(installation);
  if (installation.method == Method::go) {
    // The module cache is read-only unless told otherwise, and could not be removed afterwards.
    words.insert(words.begin() + 2, "-modcacherw");
    words.insert(words.begin(), {"env", "CGO_ENABLED=0", "GOBIN=" + (folder / "bin").string(),
                                 "GOPATH=" + (scratch / "path").string(),
                                 "GOMODCACHE=" + (scratch / "modules").string(),
                                 "GOCACHE=" + (scratch / "cache").string()});
  }
  if (installation.method == Method::cargo) {
    words.insert(words.begin() + 2, {"--root", folder.string()});
    words.insert(words.begin(), {"env", "CARGO_HOME=" + (scratch / "cargo").string(),
                                 "CARGO_TARGET_DIR=" + (scratch / "target").string()});
  }
  if (installation.method == Method::apt) {
    words = {"sh", "-c", kAptScript, "sh", installation.what};
  }
  return words;
}

Result<void> write_install_record(const fs::path& binary, const InstallRecord& record) {
  const Json json = {{"tool", record.tool},
                     {"line", record.line},
                     {"version", record.version},
                     {"sha256", record.sha256},
                     {"installed_at", record.installed_at}};
  return write_file_atomically(record_of(binary), dump_json(json));
}

Result<InstallRecord> read_install_record(const fs::path& binary) {
  const fs::path file = record_of(binary);
  const Result<std::string> text = read_file(file, kMaxRecordBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  const Result<Json> json = parse_json(*text, file.string());
  if (!json) {
    return tl::unexpected(json.error());
  }
  const Result<JsonObject> object = JsonObject::open(*json, file.string());
  if (!object) {
    return tl::unexpected(object.error());
  }
  InstallRecord record;
  const std::array<std::pair<std::string_view, std::string*>, 5> members = {
      {{"tool", &record.tool},
       {"line", &record.line},
       {"version", &record.version},
       {"sha256", &record.sha256},
       {"installed_at", &record.installed_at}}};
  for (const auto& [key, member] : members) {
    Result<std::string> value = object->text(key);
    if (!value) {
      return tl::unexpected(value.error());
    }
    *member = *std::move(value);
  }
  return record;
}

}  // namespace ocibench::catalog
