#include "protocol/zap.hpp"

namespace ocibench::protocol {
namespace {

constexpr const char* kVersion = "1.0";
constexpr std::size_t kRequestFrames = 7;  // for CURVE: six, and the key

// Positions in a request.
constexpr std::size_t kRequestId = 1;
constexpr std::size_t kAddressPart = 3;
constexpr std::size_t kMechanism = 5;
constexpr std::size_t kCredentials = 6;

}  // namespace

ZapAnswer answer_zap(const std::vector<std::string>& request, const AllowList& allowed) {
  if (request.size() != kRequestFrames || request[0] != kVersion) {
    return {};
  }
  ZapAnswer answer{.address = request[kAddressPart]};
  const bool sound = request[kMechanism] == "CURVE" && request[kCredentials].size() == kKeyBytes;
  if (sound) {
    const PublicKey key = public_key_of(request[kCredentials]);
    if (const AgentName* name = allowed.name_of(key)) {
      answer.frames = {kVersion, request[kRequestId], "200", "OK", user_id_of({*name, key}), ""};
      return answer;
    }
    answer.refused = Caller{.key = key};
  }
  answer.frames = {kVersion, request[kRequestId], "400", "unknown key", "", ""};
  return answer;
}

std::string user_id_of(const Caller& caller) { return caller.name.str() + '/' + caller.key.str(); }

std::optional<Caller> parse_user_id(const std::string& user_id) {
  const std::size_t slash = user_id.find('/');  // a name has none, Z85 does
  if (slash == std::string::npos) {
    return std::nullopt;
  }
  return Caller{AgentName(user_id.substr(0, slash)), PublicKey(user_id.substr(slash + 1))};
}

}  // namespace ocibench::protocol
