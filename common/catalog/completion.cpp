#include "common/catalog/completion.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/pattern.hpp"
#include "common/json.hpp"

namespace ocibench::catalog {
namespace {

/// The lines of a text, without what ends them.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<std::string> matching_lines(const std::string& expression, std::string_view log) {
  const Pattern pattern(expression);
  std::vector<std::string> found;
  for (const std::string_view line : lines_of(log)) {
    if (line.size() > kMaxCompletionLine) {
      continue;
    }
    if (auto image = pattern.first_group(std::string(line))) {
      found.push_back(*std::move(image));
    }
  }
  return found;
}

/// A log may come before the document on the same stream.
std::string_view document_in(std::string_view log) {
  std::string_view document;
  for (const std::string_view line : lines_of(log)) {
    if (line == "{") {
      document = log.substr(static_cast<std::size_t>(line.data() - log.data()));
    }
  }
  return document;
}

/// The text at a path such as "status.status".
Result<std::string> text_at(JsonObject object, std::string_view path) {
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    auto member = object.object(path.substr(0, dot));
    if (!member) {
      return tl::unexpected(member.error());
    }
    object = *std::move(member);
    path.remove_prefix(dot + 1);
  }
  return object.text(path);
}

Result<std::vector<std::string>> finished_in_document(const Completion& completion,
                                                      std::string_view log) {
  const auto json = parse_json(document_in(log), "what the tool prints");
  if (!json) {
    return tl::unexpected(json.error());
  }
  const auto images =
      JsonObject::open(*json, "what the tool prints").and_then([&](const JsonObject& root) {
        return root.objects(completion.images);
      });
  if (!images) {
    return tl::unexpected(images.error());
  }
  std::vector<std::string> found;
  for (const JsonObject& image : *images) {
    auto name = text_at(image, completion.name);
    const auto status = text_at(image, completion.status);
    if (!name || !status) {
      return tl::unexpected(name ? status.error() : name.error());
    }
    if (std::ranges::find(completion.finished, *status) != completion.finished.end()) {
      found.push_back(*std::move(name));
    }
  }
  return found;
}

}  // namespace

std::optional<Completion> read_completion(TomlTable& root) {
  auto table = root.optional_table("completion");
  if (!table) {
    return std::nullopt;
  }
  Completion completion;
  completion.stream =
      table->choice("stream", {"stdout", "stderr"}) == "stdout" ? LogStream::out : LogStream::err;
  if (table->has("pattern")) {
    completion.pattern = Pattern::read(*table, "pattern", "the image");
    return completion;
  }
  completion.images = table->text("images");
  completion.name = table->text("name");
  completion.status = table->text("status");
  completion.finished = table->texts("finished");
  return completion;
}

Result<std::vector<std::string>> finished_images(const Completion& completion,
                                                 std::string_view log) {
  if (completion.images.empty()) {
    return matching_lines(completion.pattern, log);
  }
  return finished_in_document(completion, log);
}

}  // namespace ocibench::catalog
