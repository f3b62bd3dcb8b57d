#include "common/model/names.hpp"

#include <algorithm>

namespace ocibench {
namespace {

bool is_agent_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_word(char c) { return is_agent_character(c) || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_plain_file_name(std::string_view name) {
  return !name.empty() && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) { return is_word(c) || c == '.'; });
}

}  // namespace

bool is_agent_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::ranges::all_of(name, is_agent_character);
}

bool is_id(std::string_view text) {
  return text.size() <= kMaxNameBytes && std::ranges::all_of(text, is_word);
}

bool is_trial_id(std::string_view id) {
  if (id.size() > kMaxTrialIdBytes) {
    return false;
  }
  for (std::size_t slash = id.find('/'); slash != std::string_view::npos; slash = id.find('/')) {
    if (!is_plain_file_name(id.substr(0, slash))) {
      return false;
    }
    id.remove_prefix(slash + 1);
  }
  return is_plain_file_name(id);
}

bool is_artifact_name(std::string_view name) {
  return name.size() <= kMaxArtifactNameBytes && is_plain_file_name(name);
}

bool is_lower_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace ocibench
