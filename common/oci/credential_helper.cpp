#include "common/oci/credential_helper.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "common/clock.hpp"
#include "common/json.hpp"
#include "common/process/probe.hpp"

namespace ocibench::oci {
namespace {

constexpr std::string_view kTokenUser = "<token>";  // then the secret is an identity token
constexpr std::string_view kNotFound = "credentials not found";

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
}

/// The program in the first absolute folder of `path` that has it. Errors: unavailable.
Result<std::filesystem::path> find_program(const std::string& program, std::string_view path) {
  while (!path.empty()) {
    const std::size_t colon = std::min(path.find(':'), path.size());
    const std::filesystem::path file = std::filesystem::path(path.substr(0, colon)) / program;
    if (file.is_absolute() && ::access(file.c_str(), X_OK) == 0) {
      return file;
    }
    path.remove_prefix(std::min(colon + 1, path.size()));
  }
  return fail(ErrorCode::unavailable,
              fmt::format("the docker configuration names the credential helper {}, which is not "
                          "on the PATH: install it, or log in without it",
                          program));
}

}  // namespace

Result<Credentials> parse_helper_answer(std::string_view text) {
  const Result<Json> json = parse_json(text, "answer", {.max_bytes = kMaxHelperBytes});
  if (!json) {
    return fail(ErrorCode::bad_input, "its answer is no JSON");
  }
  const Result<JsonObject> object = JsonObject::open(*json, "answer");
  const Result<std::string> user =
      object.and_then([](const JsonObject& answer) { return answer.text("Username"); });
  const Result<std::string> secret =
      object.and_then([](const JsonObject& answer) { return answer.text("Secret"); });
  if (!user || !secret || secret->empty()) {
    return fail(ErrorCode::bad_input, "its answer has no Username and Secret");
  }
  return *user == kTokenUser ? Credentials{.identity_token = *secret}
                             : Credentials{.username = *user, .password = *secret};
}

Result<std::optional<Credentials>> ask_credential_helper(
    const std::string& name, const std::string& server,
    const std::map<std::string, std::string>& environment) {
  if (!is_name(name)) {
    return fail(ErrorCode::bad_input, "the docker configuration's credential helper has no name");
  }
  const std::string program = "docker-credential-" + name;
  const auto path = environment.find("PATH");
  const auto file = find_program(program, path == environment.end() ? "" : path->second);
  if (!file) {
    return tl::unexpected(file.error());
  }
  const SystemClock clock;
  const Result<ProbeAnswer> answer = capture({.argv = {file->string(), "get"},
                                              .environment = environment,
                                              .deadline = kHelperDeadline,
                                              .max_bytes = kMaxHelperBytes,
                                              .streams = ProbeStreams::out,
                                              .input = server},
                                             clock);
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  if (answer->exit_code == 0) {
    return parse_helper_answer(answer->text)
        .map([](Credentials found) { return std::optional(std::move(found)); })
        .map_error([&](const Error& error) { return error.with_context(program); });
  }
  if (answer->text.starts_with(kNotFound)) {
    return std::optional<Credentials>();
  }
  return fail(ErrorCode::unavailable, fmt::format("{} has failed for {}; try: echo {} | {} get",
                                                  program, server, server, program));
}

}  // namespace ocibench::oci
