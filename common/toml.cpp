#include "common/toml.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>

// toml++ 3.3 asserts in a debug build that a key begins like one, right before it checks that and
// reports an error; a file must not be able to abort us.
#define TOML_ASSERT(expression) static_cast<void>(0)
#include <toml++/toml.h>

#include "common/nearest.hpp"
#include "common/units.hpp"

namespace ocibench {
namespace {

constexpr std::size_t kMaxNameLength = 64;
constexpr std::size_t kMaxShownLength = 80;

/// Text of a stranger for a message: bounded, on one line.
std::string shown(std::string_view text) {
  std::string result(text.substr(0, kMaxShownLength));
  std::ranges::replace_if(
      result, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text.size() > kMaxShownLength ? result + "..." : result;
}

std::string_view type_name(toml::node_type type) {
  switch (type) {
    case toml::node_type::none: return "nothing";
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "an array";
    case toml::node_type::string: return "a text";
    case toml::node_type::integer: return "an integer";
    case toml::node_type::floating_point: return "a number";
    case toml::node_type::boolean: return "a boolean";
    case toml::node_type::date: return "a date";
    case toml::node_type::time: return "a time";
    case toml::node_type::date_time: return "a date and time";
  }
  return "something else";
}

bool is_plain_name(std::string_view text) {
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= kMaxNameLength && is_alphanumeric(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || c == '-'; });
}

}  // namespace

struct TomlTable::Access {
  struct OpenTable {
    const toml::table* table;
    std::set<std::string, std::less<>> asked;
  };
  struct Problem {
    std::uint32_t line;
    std::string message;
    friend auto operator<=>(const Problem&, const Problem&) = default;
  };

  std::string origin;
  toml::table root;
  std::vector<OpenTable> opened;
  std::vector<Problem> problems;

  std::size_t open(const toml::table& table) {
    const auto known = std::ranges::find(opened, &table, &OpenTable::table);
    if (known != opened.end()) {
      return static_cast<std::size_t>(known - opened.begin());
    }
    opened.push_back({&table, {}});
    return opened.size() - 1;
  }

  /// The value under the key, which is a known key from now on; null when there is none.
  const toml::node* ask(std::size_t index, std::string_view key) {
    opened[index].asked.emplace(key);
    return opened[index].table->get(key);
  }

  [[nodiscard]] std::uint32_t line_of(std::size_t index, std::string_view key) const {
    const toml::table& table = *opened[index].table;
    const auto found = table.find(key);
    const auto& source = found == table.end() ? table.source() : found->first.source();
    return std::max<std::uint32_t>(1, source.begin.line);
  }

  void note(std::uint32_t line, std::string message) {
    problems.push_back({line, std::move(message)});
  }

  void note_type(const toml::node& node, std::string_view key, std::string_view expected) {
    note(std::max<std::uint32_t>(1, node.source().begin.line),
         fmt::format("key `{}`: expected {}, found {}", key, expected, type_name(node.type())));
  }

  void note_missing(std::size_t index, std::string_view key) {
    note(line_of(index, key), fmt::format("key `{}` is missing", key));
  }

  bool in_range(std::size_t index, std::string_view key, std::int64_t value, IntegerRange range) {
    if (value >= range.min && value <= range.max) {
      return true;
    }
    note(line_of(index, key),
         fmt::format("key `{}`: {} is outside {}..{}", key, value, range.min, range.max));
    return false;
  }

  template <class T>
  std::optional<T> scalar(std::size_t index, std::string_view key, std::string_view expected) {
    const toml::node* node = ask(index, key);
    if (node == nullptr) {
      return std::nullopt;
    }
    if (const toml::value<T>* value = node->as<T>()) {
      return value->get();
    }
    note_type(*node, key, expected);
    return std::nullopt;
  }

  /// The elements of an array that are a T; every other is a problem.
  template <class T>
  std::vector<const T*> elements(std::size_t index, std::string_view key,
                                 std::string_view expected) {
    std::vector<const T*> result;
    const toml::node* node = ask(index, key);
    if (node == nullptr) {
      return result;
    }
    if (!node->is_array()) {
      note_type(*node, key, fmt::format("an array of {}", expected));
      return result;
    }
    for (const toml::node& element : *node->as_array()) {
      if (const T* typed = element.as<T>()) {
        result.push_back(typed);
      } else {
        note_type(element, key, fmt::format("only {}", expected));
      }
    }
    return result;
  }

  void note_unknown_keys() {
    for (const OpenTable& open_table : opened) {
      const std::vector<std::string> known(open_table.asked.begin(), open_table.asked.end());
      for (const auto& [key, node] : *open_table.table) {
        if (!open_table.asked.contains(key.str())) {
          note(key.source().begin.line,
               fmt::format("unknown key `{}`{}", shown(key.str()), suggestion(key.str(), known)));
        }
      }
    }
  }
};

bool TomlTable::has(std::string_view key) const {
  return access_->opened[index_].table->contains(key);
}

std::string TomlTable::text(std::string_view key) {
  if (!has(key)) {
    access_->note_missing(index_, key);
  }
  return optional_text(key).value_or("");
}

std::string TomlTable::name(std::string_view key) {
  const std::string value = text(key);
  if (has(key) && !is_plain_name(value)) {
    problem(key, fmt::format("key `{}`: a name is a-z, 0-9 and '-', at most {} characters; "
                             "found \"{}\"",
                             key, kMaxNameLength, shown(value)));
  }
  return value;
}

std::string TomlTable::choice(std::string_view key, const std::vector<std::string>& known) {
  if (!has(key)) {
    access_->note_missing(index_, key);
  }
  return optional_choice(key, known).value_or("");
}

std::vector<std::string> TomlTable::texts(std::string_view key) {
  std::vector<std::string> values = optional_texts(key);
  if (!has(key)) {
    access_->note_missing(index_, key);
  } else if (values.empty()) {
    problem(key, fmt::format("key `{}`: expected at least one text", key));
  }
  return values;
}

std::int64_t TomlTable::integer(std::string_view key, IntegerRange range) {
  if (!has(key)) {
    access_->note_missing(index_, key);
  }
  return optional_integer(key, range).value_or(range.min);
}

std::uint64_t TomlTable::bytes(std::string_view key, IntegerRange range) {
  OCIBENCH_ASSERT(range.min >= 0);
  const toml::node* node = access_->ask(index_, key);
  if (node == nullptr) {
    access_->note_missing(index_, key);
    return 0;
  }
  if (!node->is_string()) {
    return static_cast<std::uint64_t>(integer(key, range));
  }
  const std::string& value = node->as_string()->get();
  const auto count = parse_bytes(value);
  if (!count || *count > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    problem(key, fmt::format("key `{}`: expected a size such as \"40 MB\" or \"1 GiB\", "
                             "found \"{}\"",
                             key, shown(value)));
    return 0;
  }
  access_->in_range(index_, key, static_cast<std::int64_t>(*count), range);
  return *count;
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
  std::vector<TomlTable> result = optional_tables(key);
  if (!has(key)) {
    access_->note_missing(index_, key);
  } else if (result.empty()) {
    problem(key, fmt::format("key `{}`: expected at least one table", key));
  }
  return result;
}

std::optional<std::string> TomlTable::optional_text(std::string_view key) {
  return access_->scalar<std::string>(index_, key, "a text");
}

std::optional<std::string> TomlTable::optional_choice(std::string_view key,
                                                      const std::vector<std::string>& known) {
  auto value = optional_text(key);
  if (value && std::ranges::find(known, *value) == known.end()) {
    problem(key, fmt::format("key `{}`: unknown value \"{}\"{}", key, shown(*value),
                             suggestion(*value, known)));
  }
  return value;
}

std::vector<std::string> TomlTable::optional_texts(std::string_view key) {
  std::vector<std::string> values;
  for (const auto* element : access_->elements<toml::value<std::string>>(index_, key, "texts")) {
    values.push_back(element->get());
  }
  return values;
}

std::optional<std::int64_t> TomlTable::optional_integer(std::string_view key, IntegerRange range) {
  const auto value = access_->scalar<std::int64_t>(index_, key, "an integer");
  return value && access_->in_range(index_, key, *value, range) ? value : std::nullopt;
}

std::vector<std::int64_t> TomlTable::optional_integers(std::string_view key, IntegerRange range) {
  std::vector<std::int64_t> values;
  for (const auto* element :
       access_->elements<toml::value<std::int64_t>>(index_, key, "integers")) {
    if (access_->in_range(index_, key, element->get(), range)) {
      values.push_back(element->get());
    }
  }
  return values;
}

std::optional<double> TomlTable::optional_number(std::string_view key, NumberRange range) {
  const toml::node* node = access_->ask(index_, key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_number()) {
    access_->note_type(*node, key, "a number");
    return std::nullopt;
  }
  const double value = *node->value<double>();
  if (!(value >= range.min && value <= range.max)) {  // also true for NaN
    problem(key, fmt::format("key `{}`: {} is outside {}..{}", key, value, range.min, range.max));
    return std::nullopt;
  }
  return value;
}

std::optional<bool> TomlTable::optional_boolean(std::string_view key) {
  return access_->scalar<bool>(index_, key, "a boolean");
}

std::optional<std::chrono::milliseconds> TomlTable::optional_duration(
    std::string_view key, std::chrono::milliseconds max) {
  if (key.ends_with("_ms")) {
    const auto count = optional_integer(key, {.min = 1, .max = max.count()});
    return count ? std::optional(std::chrono::milliseconds(*count)) : std::nullopt;
  }
  OCIBENCH_ASSERT(key.ends_with("_s"));
  const NumberRange range{.min = 0.001, .max = static_cast<double>(max.count()) / 1000.0};
  const auto seconds = optional_number(key, range);
  return seconds ? std::optional(std::chrono::milliseconds(std::llround(*seconds * 1000.0)))
                 : std::nullopt;
}

std::optional<TomlTable> TomlTable::optional_table(std::string_view key) {
  const toml::node* node = access_->ask(index_, key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_table()) {
    access_->note_type(*node, key, "a table");
    return std::nullopt;
  }
  return TomlTable(access_, access_->open(*node->as_table()));
}

std::vector<TomlTable> TomlTable::optional_tables(std::string_view key) {
  std::vector<TomlTable> result;
  for (const toml::table* element : access_->elements<toml::table>(index_, key, "tables")) {
    result.push_back(TomlTable(access_, access_->open(*element)));
  }
  return result;
}

std::map<std::string, std::string> TomlTable::optional_text_map(std::string_view key) {
  std::map<std::string, std::string> values;
  const auto table = optional_table(key);
  if (!table) {
    return values;
  }
  for (const auto& [name, node] : *access_->opened[table->index_].table) {
    access_->ask(table->index_, name.str());
    if (!node.is_string()) {
      access_->note_type(node, shown(name.str()), "a text");
      continue;
    }
    values.emplace(name.str(), node.as_string()->get());
  }
  return values;
}

void TomlTable::problem(std::string_view key, std::string message) {
  access_->note(access_->line_of(index_, key), std::move(message));
}

void TomlTable::problem(std::string_view key, std::size_t element, std::string message) {
  const toml::array* const array = access_->opened[index_].table->get_as<toml::array>(key);
  OCIBENCH_ASSERT(array != nullptr && element < array->size());
  access_->note((*array)[element].source().begin.line, std::move(message));
}

TomlDocument::TomlDocument(std::unique_ptr<TomlTable::Access> access)
    : access_(std::move(access)) {}
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() = default;

Result<TomlDocument> TomlDocument::parse(std::string_view text, std::string origin) {
  if (text.size() > kMaxBytes) {
    return fail(ErrorCode::limit,
                fmt::format("{}: {} is more than the {} that a TOML file may have", origin,
                            format_bytes(text.size()), format_bytes(kMaxBytes)));
  }
  try {
    auto access = std::make_unique<TomlTable::Access>();
    access->root = toml::parse(text);
    access->origin = std::move(origin);
    return TomlDocument(std::move(access));
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::bad_input,
                fmt::format("{}:{}:{}: {}", origin, error.source().begin.line,
                            error.source().begin.column, shown(error.description())));
  }
}

TomlTable TomlDocument::root() { return {access_.get(), access_->open(access_->root)}; }

Result<void> TomlDocument::finish() {
  access_->open(access_->root);  // a document of which nothing was asked has only unknown keys
  access_->note_unknown_keys();
  auto& problems = access_->problems;
  std::ranges::sort(problems);
  const auto repeated = std::ranges::unique(problems);
  problems.erase(repeated.begin(), repeated.end());
  if (problems.empty()) {
    return {};
  }
  std::string message;
  for (std::size_t i = 0; i < std::min(problems.size(), kMaxProblems); ++i) {
    message += fmt::format("{}{}:{}: {}", i == 0 ? "" : "\n", access_->origin, problems[i].line,
                           problems[i].message);
  }
  if (problems.size() > kMaxProblems) {
    message += fmt::format("\n{}: and {} more", access_->origin, problems.size() - kMaxProblems);
  }
  return fail(ErrorCode::bad_input, std::move(message));
}

}  // namespace ocibench
