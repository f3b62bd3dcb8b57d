#include "tests/support/assignment_exercise.hpp"

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "common/catalog/render.hpp"
#include "common/json.hpp"
#include "common/model/check_assignment.hpp"
#include "common/model/reference.hpp"
#include "protocol/codec.hpp"
#include "protocol/crc32c.hpp"
#include "tests/support/strict_yaml.hpp"

namespace ocibench::testing_support {
namespace {

constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kChecksumAt = 12;
constexpr const char* kWork = "/run/a: \"b\"\n{{c}}";  // a place that a careless template breaks at

constexpr const char* kSampleTool = R"(
schema = 1
name = "sample"
kind = "sync"
label = "sample"
binaries = ["sample"]
install.manual = "none"
per = "corpus"
destination = "{{prefix}}/{{repository}}"
[version]
from = "install-record"
[concurrency]
default = "one"
[[files]]
name = "list.yaml"
text = """
place: "{{work_dir}}"
images:
{{#images}}
  - "{{source}}/{{repository}}:{{tag}}": "{{target}}/{{destination}}"
{{/images}}
"""
[[files]]
name = "place.json"
text = """{"place": "{{work_dir}}", "prefix": "{{prefix}}"}"""
[[files]]
name = "list.txt"
text = """
{{#images}}
{{repository}}:{{tag}} {{destination}}
{{/images}}
"""
)";

void put_number(std::string& frame, std::size_t at, std::uint32_t value) {
  for (std::size_t byte = 0; byte < sizeof(value); ++byte) {
    frame[at + byte] = static_cast<char>((value >> (8 * byte)) & 0xFFU);
  }
}

const catalog::ToolDefinition& sample_tool() {
  static const catalog::ToolDefinition kTool =
      catalog::parse_tool(kSampleTool, "sample.toml").value();
  return kTool;
}

void check_files(const catalog::RenderedCommand& command, const catalog::ToolContext& context) {
  const Json yaml = parse_strict_yaml(command.files.at("list.yaml")).value();
  const Json json = parse_json(command.files.at("place.json"), "place.json").value();
  OCIBENCH_ASSERT(yaml["place"] == kWork && json["place"] == kWork);
  OCIBENCH_ASSERT(json["prefix"] == context.prefix);
  OCIBENCH_ASSERT(yaml["images"].size() == context.images.size());
  std::string lines;
  for (std::size_t i = 0; i < context.images.size(); ++i) {
    const catalog::PlacedImage& image = context.images[i];
    const std::string from = fmt::format("{}/{}:{}", context.source, image.repository, image.tag);
    OCIBENCH_ASSERT(yaml["images"][i][from] ==
                    fmt::format("{}/{}", context.target, image.destination));
    lines += fmt::format("{}:{} {}\n", image.repository, image.tag, image.destination);
  }
  OCIBENCH_ASSERT(command.files.at("list.txt") == lines);
}

std::string render(const Assignment& assignment) {
  const TargetSpec& target = assignment.registry.target;
  const std::string prefix = target.kind == TargetKind::local
                                 ? fmt::format("bench/r{}-i1", assignment.trial.round)
                                 : unique_prefix(target, assignment.campaign.str(),
                                                 assignment.trial.id.str(), assignment.attempt, 1);
  OCIBENCH_ASSERT(prefix.starts_with(target.prefix.empty() ? "bench/" : target.prefix + "/"));
  const ResolvedCorpus images = first_images(assignment.lock, assignment.trial.images);
  static_cast<void>(with_moved(images, assignment.moved));
  auto placed = catalog::place_images(sample_tool(), images, prefix);
  if (!placed) {
    return "cannot be placed: " + placed.error().message;
  }
  for (const catalog::PlacedImage& image : *placed) {
    OCIBENCH_ASSERT(image.destination.starts_with(prefix + "/"));
    OCIBENCH_ASSERT(image.destination.size() > kMaxRepositoryBytes ||
                    is_repository(image.destination));
  }
  const catalog::ToolContext context{
      .source = assignment.lock.source_host.empty() ? "127.0.0.1:1" : assignment.lock.source_host,
      .target = target.host.empty() ? "127.0.0.1:2" : target.host,
      .tls = assignment.registry.tls,
      .prefix = prefix,
      .work_dir = kWork,
      .state_dir = "/state",
      .images = *std::move(placed),
      .comparability = assignment.comparability};
  check_files(catalog::render_tool(sample_tool(), "/bin/sample", context).value(), context);
  return "rendered";
}

}  // namespace

std::string sealed(std::string frame) {
  if (frame.size() >= kHeaderBytes) {
    const auto payload = std::string_view(frame).substr(kHeaderBytes);
    const std::uint32_t checksum = protocol::crc32c(payload);
    put_number(frame, kLengthAt, static_cast<std::uint32_t>(payload.size()));
    put_number(frame, kChecksumAt, checksum);
  }
  return frame;
}

std::string exercise_assignment(std::string_view frame) {
  const auto message = protocol::decode_coordinator_message(frame);
  const auto* const assign = message ? std::get_if<protocol::Assign>(&*message) : nullptr;
  if (assign == nullptr) {
    return "not an assignment";
  }
  const Result<void> sound = check_assignment(assign->assignment);
  return sound ? render(assign->assignment) : "refused: " + sound.error().message;
}

}  // namespace ocibench::testing_support
