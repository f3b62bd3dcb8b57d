#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/error.hpp"
#include "common/model/ids.hpp"
#include "protocol/key.hpp"

namespace ocibench::protocol {

// Keys on disk, in TOML. NAME.key stays on the machine that made it, readable by its owner only:
//   schema = 1, name, public_key, secret_key
// NAME.pub is what others get: the same without secret_key.

struct NamedKeyPair {
  AgentName name;
  KeyPair keys;
};
struct NamedPublicKey {
  AgentName name;
  PublicKey key;
};
struct KeyFiles {
  std::filesystem::path secret_file;
  std::filesystem::path public_file;
};

inline constexpr std::uint64_t kMaxKeyFileBytes = 4096;

/// Writes DIRECTORY/NAME.key (0600) and DIRECTORY/NAME.pub. Errors: bad_input (the name), conflict
/// (one of them exists: a key is never overwritten), io.
Result<KeyFiles> write_key_files(const std::filesystem::path& directory, const AgentName& name,
                                 const KeyPair& keys);

/// Errors: bad_input (wrong, or readable by others than its owner), not_found, io.
Result<NamedKeyPair> read_key_file(const std::filesystem::path& file);
/// What is in a .pub file; `origin` names it in messages. Errors: bad_input (wrong, or it has a
/// secret key in it).
Result<NamedPublicKey> parse_public_key_file(const std::string& text, const std::string& origin);
/// Errors: those of parse_public_key_file, not_found, io.
Result<NamedPublicKey> read_public_key_file(const std::filesystem::path& file);

}  // namespace ocibench::protocol
