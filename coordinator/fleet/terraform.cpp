#include "coordinator/fleet/terraform.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace ocibench::coordinator {
namespace {

constexpr const char* kPlanFile = "fleet.tfplan";
constexpr std::size_t kLastLines = 12;

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) {
      lines.push_back(text.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return lines;
}

std::string last_lines(const std::string& text) {
  const std::vector<std::string> lines = lines_in(text);
  const std::size_t skipped = lines.size() - std::min(lines.size(), kLastLines);
  return fmt::format(
      "{}", fmt::join(lines.begin() + static_cast<std::ptrdiff_t>(skipped), lines.end(), "\n  "));
}

/// What to do about a call that has failed.
std::string advice(std::string_view command) {
  if (command == "init") {
    return "it downloads the AWS provider: is registry.terraform.io within reach, or a mirror in "
           "your Terraform configuration?";
  }
  if (command == "apply") {
    return "part of the fleet may exist: run `ocibench fleet up` again to go on, or `ocibench "
           "fleet "
           "down`";
  }
  if (command == "destroy") {
    return "part of the fleet is left and costs money: mend the cause and run `ocibench fleet "
           "down` "
           "again";
  }
  return "nothing was changed";
}

}  // namespace

Result<std::string> Terraform::call(std::vector<std::string> words, CommandOutput output) {
  const std::string command = words.front();
  std::vector<std::string> argv = {"terraform", "-chdir=" + place_.folder.string()};
  std::ranges::move(words, std::back_inserter(argv));
  auto end = run_(argv, output);
  if (!end && end.error().code == ErrorCode::not_found) {
    return fail(ErrorCode::not_found,
                "terraform is not on the PATH: version 1.11 or later is one file from "
                "developer.hashicorp.com/terraform/install");
  }
  if (!end) {
    return fail(end.error(), "terraform " + command);
  }
  if (end->status != 0) {
    return fail(ErrorCode::unavailable,
                fmt::format("terraform {} ended with status {}; {}. It said last:\n  {}", command,
                            end->status, advice(command), last_lines(end->output)));
  }
  return std::move(end->output);
}

std::vector<std::string> Terraform::with_variables(std::vector<std::string> words) const {
  for (const std::filesystem::path& file : place_.variables) {
    words.push_back("-var-file=" + file.string());
  }
  words.insert(words.end(), more_variables_.begin(), more_variables_.end());
  return words;
}

Result<void> Terraform::init() {
  return call({"init", "-input=false", "-no-color"}, CommandOutput::shown)
      .map([](const std::string&) {});
}

Result<std::string> Terraform::plan() {
  const std::string out = fmt::format("-out={}", kPlanFile);
  return call(with_variables({"plan", "-input=false", "-no-color", out}), CommandOutput::shown)
      .and_then([&](const std::string&) {
        return call({"show", "-json", kPlanFile}, CommandOutput::collected);
      });
}

Result<void> Terraform::apply_plan() {
  return call({"apply", "-input=false", "-no-color", kPlanFile}, CommandOutput::shown)
      .map([](const std::string&) {});
}

Result<void> Terraform::refresh() {
  return call(with_variables(
                  {"apply", "-refresh-only", "-auto-approve", "-input=false", "-no-color"}),
              CommandOutput::shown)
      .map([](const std::string&) {});
}

Result<void> Terraform::destroy() {
  return call(with_variables({"destroy", "-auto-approve", "-input=false", "-no-color"}),
              CommandOutput::shown)
      .map([](const std::string&) {});
}

Result<void> Terraform::forget(const std::string& address) {
  return call({"state", "rm", address}, CommandOutput::shown).map([](const std::string&) {});
}

Result<void> Terraform::give_up_results() {
  more_variables_.emplace_back("-var=delete_results=true");
  // Terraform goes by what was applied when the bucket was made.
  return call(with_variables({"apply", "-target=module.results_bucket", "-auto-approve",
                              "-input=false", "-no-color"}),
              CommandOutput::shown)
      .map([](const std::string&) {});
}

Result<std::string> Terraform::outputs() {
  return call({"output", "-json", "-no-color"}, CommandOutput::collected);
}

Result<std::vector<std::string>> Terraform::resources() {
  return call({"state", "list"}, CommandOutput::collected).map(lines_in);
}

}  // namespace ocibench::coordinator
