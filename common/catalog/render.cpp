#include "common/catalog/render.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
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
  std::map<std::string, TemplateValues> repositories;
  for (const PlacedImage& image : images) {
    TemplateValues& values = repositories[image.repository];
    values.texts = {{"repository", image.repository}, {"destination", image.destination}};
    values.lists["tags"].push_back({.texts = {{"tag", image.tag}}});
  }
  std::vector<TemplateValues> list;
  for (auto& [repository, values] : repositories) {
    list.push_back(std::move(values));
  }
  return list;
}

TemplateValues tool_values(const ToolContext& context) {
  const auto concurrency = context.comparability.concurrency;
  TemplateValues values{
      .texts = {{"source", context.source},
                {"target", context.target},
                {"ca_file", context.ca_file},
                {"prefix", context.prefix},
                {"work_dir", context.work_dir},
                {"state_dir", context.state_dir}},
      .words = {{"concurrency", concurrency ? fmt::to_string(*concurrency) : ""},
                {"tls_verify", context.tls ? "true" : "false"}},
      .flags = {{"tls", context.tls},
                {"credentials", context.credentials},
                {"matched", concurrency.has_value()},
                {"normalised", context.comparability.work == WorkKind::normalised}},
      .lists = {{"repositories", repository_values(context.images)}}};
  std::vector<TemplateValues>& images = values.lists["images"];
  for (const PlacedImage& image : context.images) {
    images.push_back(image_values(image));
  }
  for (const auto& [name, binary] : context.needed) {
    values.texts.emplace(name + "_binary", binary.string());
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

Result<std::vector<std::string>> render_arguments(const Program& program,
                                                  const TemplateValues& values, TextFormat format) {
  std::vector<std::string> arguments;
  for (const std::string& argument : program.arguments) {
    auto text = render_template(argument, program.origin + ": arguments", values, format);
    if (!text) {
      return tl::unexpected(text.error());
    }
    if (!text->empty()) {
      arguments.push_back(*std::move(text));
    }
  }
  return arguments;
}

/// All but the command itself.
Result<RenderedCommand> render_surroundings(const Program& program, const TemplateValues& values) {
  RenderedCommand command;
  for (const FileTemplate& file : program.files) {
    auto text = render_template(file.text, fmt::format("{}: file {}", program.origin, file.name),
                                values, file.format);
    if (!text) {
      return tl::unexpected(text.error());
    }
    command.files[file.name] = *std::move(text);
  }
  auto rendered = render_environment(program.environment, program.origin, values, command);
  if (rendered && values.flags.at("tls")) {
    rendered = render_environment(program.tls_environment, program.origin, values, command);
  }
  if (rendered && values.flags.at("credentials")) {
    rendered = render_environment(program.credentials_environment, program.origin, values, command);
  }
  if (!rendered) {
    return tl::unexpected(rendered.error());
  }
  return command;
}

Result<RenderedCommand> render_program(const Program& program, const std::string& binary,
                                       const TemplateValues& values) {
  auto arguments = render_arguments(program, values, TextFormat::plain);
  if (!arguments) {
    return tl::unexpected(arguments.error());
  }
  return render_surroundings(program, values).map([&](RenderedCommand command) {
    command.argv = {binary};
    std::ranges::move(*arguments, std::back_inserter(command.argv));
    return command;
  });
}

/// The arguments of every image's process, a line each.
struct ArgumentLines {
  std::string text;
  std::size_t per_image = 0;
};

Result<ArgumentLines> argument_lines(const Program& program, const std::vector<PlacedImage>& images,
                                     const TemplateValues& values) {
  ArgumentLines lines;
  for (const PlacedImage& image : images) {
    // Without the lists: every argument of every image would walk them.
    TemplateValues one{.texts = values.texts, .words = values.words, .flags = values.flags};
    one.texts.merge(image_values(image).texts);
    auto arguments = render_arguments(program, one, TextFormat::lines);
    if (!arguments) {
      return tl::unexpected(arguments.error());
    }
    const bool first = lines.text.empty();
    lines.per_image = first ? arguments->size() : lines.per_image;
    for (const std::string& argument : *arguments) {
      lines.text += argument + "\n";
    }
    const bool whole = std::ranges::none_of(*arguments, [](const std::string& argument) {
      return argument.find('\n') != std::string::npos;
    });
    if (arguments->size() != lines.per_image || arguments->empty() || !whole) {
      return fail(
          ErrorCode::bad_input,
          fmt::format("{}: arguments: {}:{} has {} of them, others {}; there must be equally "
                      "many for each image, at least one, each on one line",
                      program.origin, image.repository, image.tag, arguments->size(),
                      lines.per_image));
    }
  }
  return lines;
}

/// Processes at once.
Result<std::uint32_t> render_jobs(const ToolDefinition& tool, const TemplateValues& values) {
  const auto text = render_template(tool.jobs, tool.program.origin + ": jobs", values);
  if (!text) {
    return tl::unexpected(text.error());
  }
  std::uint32_t jobs = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), jobs);
  if (error != std::errc{} || end != text->data() + text->size() || jobs == 0) {
    return fail(ErrorCode::bad_input, fmt::format("{}: jobs: \"{}\" is no number of processes",
                                                  tool.program.origin, *text));
  }
  return jobs;
}

Result<RenderedCommand> render_per_image(const ToolDefinition& tool, const std::string& binary,
                                         const ToolContext& context, const TemplateValues& values) {
  auto lines = argument_lines(tool.program, context.images, values);
  if (!lines) {
    return tl::unexpected(lines.error());
  }
  const auto jobs = render_jobs(tool, values);
  if (!jobs) {
    return tl::unexpected(jobs.error());
  }
  return render_surroundings(tool.program, values).map([&](RenderedCommand command) {
    command.argv = {kXargs,
                    "--delimiter=\\n",
                    "--arg-file=" + context.work_dir + "/" + kArgumentFile,
                    "--no-run-if-empty",
                    fmt::format("--max-args={}", std::max<std::size_t>(lines->per_image, 1)),
                    fmt::format("--max-procs={}", *jobs),
                    binary};
    command.files[kArgumentFile] = std::move(lines->text);
    return command;
  });
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
  const TemplateValues values = tool_values(context);
  return tool.per == ProcessPer::image ? render_per_image(tool, binary, context, values)
                                       : render_program(tool.program, binary, values);
}

Result<std::string> render_matched(const ToolDefinition& tool, std::uint32_t concurrency) {
  return render_template(tool.concurrency.matched, tool.program.origin + ": concurrency.matched",
                         {.words = {{"concurrency", fmt::to_string(concurrency)}}});
}

const std::map<int, std::string>& xargs_exit_codes() {
  static const std::map<int, std::string> kMeaning = {
      {123, "the process of at least one image failed; the others were still tried"},
      {124, "the process of one image ended with 255, and xargs started no more"},
      {125, "the process of one image was killed by a signal, and xargs started no more"},
      {126, "the tool could not be executed"},
      {127, "the tool was not found"},
  };
  return kMeaning;
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
                         .flags = {{"tls", context.tls}, {"credentials", false}}});
}

}  // namespace ocibench::catalog
