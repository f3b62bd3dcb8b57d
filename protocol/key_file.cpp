#include "protocol/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "common/fd.hpp"
#include "common/file.hpp"
#include "common/model/names.hpp"
#include "common/toml.hpp"
#include "protocol/validate.hpp"

namespace ocibench::protocol {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kForAll = 0644;
constexpr mode_t kOthers = 0077;

/// What both kinds of file begin with.
AgentName read_head(TomlTable& table) {
  table.integer("schema", {.min = 1, .max = 1});
  return AgentName(table.name("name"));
}

/// Creates the file: one that is there already is somebody's identity.
Result<void> create_file(const std::filesystem::path& path, mode_t mode, std::string_view text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) {
    if (errno == EEXIST) {
      return fail(ErrorCode::conflict,
                  fmt::format("{} exists; a key is not overwritten: remove it, or choose another "
                              "--output",
                              path.string()));
    }
    return fail_errno(fmt::format("cannot create {}", path.string()), errno);
  }
  const ssize_t written = ::write(fd.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size()) || ::fsync(fd.get()) != 0) {
    const int error = errno;
    ::unlink(path.c_str());
    return fail_errno(fmt::format("cannot write {}", path.string()), error);
  }
  return {};
}

Result<void> check_private(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0 && (status.st_mode & kOthers) != 0) {
    return fail(ErrorCode::bad_input,
                fmt::format("{} can be read by others than its owner: chmod 600 {}", file.string(),
                            file.string()));
  }
  return {};
}

}  // namespace

Result<KeyFiles> write_key_files(const std::filesystem::path& directory, const AgentName& name,
                                 const KeyPair& keys) {
  if (!is_agent_name(name.str())) {
    return fail(ErrorCode::bad_input, fmt::format("'{}' cannot be a name: 1 to {} of a-z, 0-9, '-'",
                                                  name.str(), kMaxNameBytes));
  }
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}", directory.string(), error.message()));
  }
  KeyFiles files{directory / (name.str() + ".key"), directory / (name.str() + ".pub")};
  const std::string head = fmt::format("schema = 1\nname = \"{}\"\npublic_key = \"{}\"\n",
                                       name.str(), keys.public_key.str());
  const std::string secret =
      fmt::format("# The secret key of {}: it stays on this machine.\n{}secret_key = \"{}\"\n",
                  name.str(), head, keys.secret_key.reveal());
  if (auto created = create_file(files.secret_file, kOwnerOnly, secret); !created) {
    return tl::unexpected(created.error());
  }
  if (auto created = create_file(files.public_file, kForAll, head); !created) {
    std::filesystem::remove(files.secret_file, error);
    return tl::unexpected(created.error());
  }
  return files;
}

Result<NamedKeyPair> read_key_file(const std::filesystem::path& file) {
  auto text = read_file(file, kMaxKeyFileBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  auto document = TomlDocument::parse(*text, file.string());
  if (!document) {
    return tl::unexpected(document.error());
  }
  if (auto closed = check_private(file); !closed) {
    return tl::unexpected(closed.error());
  }
  TomlTable root = document->root();
  const AgentName name = read_head(root);
  const std::string public_text = root.text("public_key");
  if (!root.has("secret_key")) {
    root.problem("secret_key", "there is no secret_key: this is the file for others; use NAME.key");
  }
  const std::string secret_text = root.optional_text("secret_key").value_or("");
  if (auto sound = document->finish(); !sound) {
    return tl::unexpected(sound.error());
  }
  auto keys = parse_key_pair(public_text, secret_text);
  if (!keys) {
    return fail(keys.error(), file.string());
  }
  return NamedKeyPair{name, *std::move(keys)};
}

Result<NamedPublicKey> read_public_key_file(const std::filesystem::path& file) {
  auto text = read_file(file, kMaxKeyFileBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return parse_public_key_file(*text, file.string());
}

Result<NamedPublicKey> parse_public_key_file(const std::string& file_text,
                                             const std::string& origin) {
  auto document = TomlDocument::parse(file_text, origin);
  if (!document) {
    return tl::unexpected(document.error());
  }
  TomlTable root = document->root();
  const AgentName name = read_head(root);
  const std::string text = root.text("public_key");
  if (root.optional_text("secret_key")) {
    root.problem("secret_key",
                 "a secret key does not belong here: it stays on its own machine, "
                 "and only NAME.pub goes to others");
  }
  if (auto sound = document->finish(); !sound) {
    return tl::unexpected(sound.error());
  }
  auto key = parse_public_key(text);
  if (!key) {
    return fail(key.error(), fmt::format("{}: public_key", origin));
  }
  return NamedPublicKey{name, *std::move(key)};
}

}  // namespace ocibench::protocol
