#include "common/catalog/render.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/template.hpp"

namespace ocibench::catalog {
namespace {

std::string basename_of(const std::string& repository) {
  return repository.substr(repository.rfind('/') + 1);
}

Result<std::string> destination_of(const ToolDefinition& tool, const ResolvedImage& image,
                                   const std::string& prefix) {
  auto destination = render_template(tool.destination, tool.program.origin + ": destination",
                                     {.texts = {{"prefix", prefix},
                                                {"repository", image.repository},
                                                {"basename", basename_of(image.repository)}}});
  if (destination && destination->empty()) {
    return fail(ErrorCode::bad_input, fmt::format("{}: destination of {} is empty",
                                                  tool.program.origin, image.repository));
  }
  return destination;
}

TemplateValues image_values(const PlacedImage& image) {
  return {.texts = {{"repository", image.repository},
                    {"tag", image.tag},
                    {"digest", image.digest},
                    {"basename", basename_of(image.repository)},
                    {"destination", image.destination}}};
}

/// One element per repository, with its tags: what tools that map a repository to tags need.
std::vector<TemplateValues> repository_values(const std::vector<PlacedImage>& images) {
  std::map<std::string, std::vector<TemplateValues>> tags;
  for (const PlacedImage& image : images) {
    tags[image.repository].push_back({.texts = {{"tag", image.tag}}});
  }
  std::vector<TemplateValues> repositories;
  for (auto& [repository, list] : tags) {
    repositories.push_back({.texts = {{"repository", repository}}, .lists = {{"tags", list}}});
  }
  return repositories;
}

TemplateValues tool_values(const ToolContext& context) {
  TemplateValues values{.texts = {{"source", context.source},
                                  {"target", context.target},
                                  {"tls_verify", context.tls ? "true" : "false"},
                                  {"ca_file", context.ca_file},
                                  {"prefix", context.prefix},
                                  {"work_dir", context.work_dir},
                                  {"state_dir", context.state_dir}},
                        .flags = {{"tls", context.tls}},
                        .lists = {{"repositories", repository_values(context.images)}}};
  std::vector<TemplateValues>& images = values.lists["images"];
  for (const PlacedImage& image : context.images) {
    images.push_back(image_values(image));
  }
  return values;
}

Result<void> render_environment(const std::map<std::string, std::string>& templates,
                                const std::string& origin, const TemplateValues& values,
                                RenderedCommand& command) {
  for (const auto& [name, text] : templates) {
    auto value = render_template(text, fmt::format("{}: environment {}", origin, name), values);
    if (!value) {
      return tl::unexpected(value.error());
    }
    command.environment[name] = *std::move(value);
  }
  return {};
}

Result<RenderedCommand> render_program(const Program& program, const std::string& binary,
                                       const TemplateValues& values) {
  RenderedCommand command{.argv = {binary}};
  for (const std::string& argument : program.arguments) {
    auto text = render_template(argument, program.origin + ": arguments", values);
    if (!text) {
      return tl::unexpected(text.error());
    }
    command.argv.push_back(*std::move(text));
  }
  for (const FileTemplate& file : program.files) {
    auto text =
        render_template(file.text, fmt::format("{}: file {}", program.origin, file.name), values);
    if (!text) {
      return tl::unexpected(text.error());
    }
    command.files[file.name] = *std::move(text);
  }
  auto rendered = render_environment(program.environment, program.origin, values, command);
  if (rendered && values.flags.at("tls")) {
    rendered = render_environment(program.tls_environment, program.origin, values, command);
  }
  if (!rendered) {
    return tl::unexpected(rendered.error());
  }
  return command;
}

}  // namespace

Result<std::vector<PlacedImage>> place_images(const ToolDefinition& tool,
                                              const ResolvedCorpus& corpus,
                                              const std::string& prefix) {
  OCIBENCH_ASSERT(tool.kind == ToolKind::sync);
  std::set<std::string> sources;
  for (const ResolvedImage& image : corpus.images) {
    sources.insert(image.repository);
  }
  std::map<std::string, std::string> taken;  // "destination:tag" -> "repository:tag"
  std::vector<PlacedImage> placed;
  for (const ResolvedImage& image : corpus.images) {
    auto destination = destination_of(tool, image, prefix);
    if (!destination) {
      return tl::unexpected(destination.error());
    }
    const std::string source = fmt::format("{}:{}", image.repository, image.tag);
    const std::string target = fmt::format("{}:{}", *destination, image.tag);
    if (sources.contains(*destination)) {
      return fail(ErrorCode::bad_input,
                  fmt::format("{}: {} would go to {}, which is also a repository of the source: a "
                              "tool that mounts by the source's name would copy nothing",
                              tool.program.origin, source, *destination));
    }
    const auto [other, is_new] = taken.emplace(target, source);
    if (!is_new) {
      return fail(ErrorCode::bad_input,
                  fmt::format("{}: {} and {} would both go to {}; rename one of them in the corpus",
                              tool.program.origin, other->second, source, target));
    }
    placed.push_back({image.repository, image.tag, image.digest, *std::move(destination)});
  }
  return placed;
}

Result<RenderedCommand> render_tool(const ToolDefinition& tool, const std::string& binary,
                                    const ToolContext& context) {
  return render_program(tool.program, binary, tool_values(context));
}

Result<RenderedCommand> render_registry(const RegistryDefinition& registry,
                                        const std::string& binary, const RegistryContext& context) {
  return render_program(registry.program, binary,
                        {.texts = {{"address", context.address},
                                   {"storage_dir", context.storage_dir},
                                   {"work_dir", context.work_dir},
                                   {"secret", context.secret},
                                   {"certificate_file", context.certificate_file},
                                   {"key_file", context.key_file}},
                         .flags = {{"tls", context.tls}}});
}

}  // namespace ocibench::catalog
