#include "common/catalog/template.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <kainjow/mustache.hpp>

#include "common/nearest.hpp"

namespace ocibench::catalog {
namespace {

namespace mustache = kainjow::mustache;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Walks the tags of a template as mustache would and looks every name up.
class StrictCheck {
 public:
  StrictCheck(std::string_view text, const TemplateValues& values, TextFormat format)
      : rest_(text), format_(format), tracker_(format) {
    scopes_.push_back(&values);
  }

  /// What is wrong, or nothing.
  std::optional<std::string> run() {
    for (auto open = rest_.find("{{"); open != std::string_view::npos; open = rest_.find("{{")) {
      tracker_.read(rest_.substr(0, open));
      rest_.remove_prefix(open + 2);
      const bool triple = rest_.starts_with('{');
      const auto close = rest_.find(triple ? "}}}" : "}}");
      if (close == std::string_view::npos) {
        return "a placeholder is not closed";
      }
      const std::string_view tag = rest_.substr(triple ? 1 : 0, close - (triple ? 1 : 0));
      rest_.remove_prefix(close + (triple ? 3 : 2));
      auto problem = triple ? check_text(trimmed(tag), Escaping::off) : check_tag(tag);
      if (problem) {
        return problem;
      }
    }
    tracker_.read(rest_);
    tracker_.read("\n");
    if (!sections_.empty()) {
      return fmt::format("section {{{{#{}}}}} is not closed", sections_.back().name);
    }
    return tracker_.problem();
  }

 private:
  enum class Escaping { on, off };

  struct Section {
    std::string_view name;
    bool has_scope;      // the section is a list's, whose element is the innermost scope
    bool is_unknowable;  // of an empty list: what its elements hold cannot be told
    bool in_quotes;      // begins within a text in double quotes, and must end there
  };

  std::optional<std::string> check_tag(std::string_view tag) {
    const char sigil = tag.empty() ? '\0' : tag.front();
    const std::string_view name = trimmed(tag.substr(tag.empty() ? 0 : 1));
    switch (sigil) {
      case '!': return std::nullopt;
      case '#':
      case '^': return open_section(name, sigil);
      case '/': return close_section(name);
      case '&': return check_text(name, Escaping::off);
      case '>':
      case '=': return fmt::format("{{{{{}}}}} is not supported", tag);
      default: return check_text(trimmed(tag), Escaping::on);
    }
  }

  std::optional<std::string> check_text(std::string_view name, Escaping escaping) {
    const std::string key(name);
    const auto holds = [&](auto member) {
      return std::ranges::any_of(
          scopes_, [&](const TemplateValues* scope) { return (scope->*member).contains(key); });
    };
    if (holds(&TemplateValues::words)) {
      tracker_.read_word();
      return std::nullopt;
    }
    if (unknowable_ == 0 && !holds(&TemplateValues::texts)) {
      return unknown(name, "placeholder", "");
    }
    if (format_ != TextFormat::plain && escaping == Escaping::off) {
      return fmt::format("{{{{{}}}}} must be written with two braces and no &: its value is quoted",
                         name);
    }
    if (!tracker_.quotes()) {
      return fmt::format("{{{{{}}}}} must stand in a text in double quotes", name);
    }
    tracker_.read_word();
    return std::nullopt;
  }

  std::optional<std::string> open_section(std::string_view name, char sigil) {
    const std::string key(name);
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      if ((*scope)->flags.contains(key)) {
        sections_.push_back({name, false, false, tracker_.in_quotes()});
        return std::nullopt;
      }
      const auto list = (*scope)->lists.find(key);
      if (list == (*scope)->lists.end()) {
        continue;
      }
      const bool enters = sigil == '#';
      const bool is_empty = list->second.empty();
      sections_.push_back({name, enters && !is_empty, enters && is_empty, tracker_.in_quotes()});
      if (enters && !is_empty) {
        scopes_.push_back(&list->second.front());
      }
      unknowable_ += enters && is_empty ? 1 : 0;
      return std::nullopt;
    }
    if (unknowable_ > 0) {
      sections_.push_back({name, false, false, tracker_.in_quotes()});
      return std::nullopt;
    }
    return unknown(name, "section", "#");
  }

  std::optional<std::string> close_section(std::string_view name) {
    if (sections_.empty() || sections_.back().name != name) {
      return fmt::format("{{{{/{}}}}} closes no open section", name);
    }
    if (sections_.back().in_quotes != tracker_.in_quotes()) {
      return fmt::format(
          "{{{{#{}}}}} begins inside of a text in double quotes or ends there, and "
          "not both",
          name);
    }
    if (sections_.back().has_scope) {
      scopes_.pop_back();
    }
    unknowable_ -= sections_.back().is_unknowable ? 1 : 0;
    sections_.pop_back();
    return std::nullopt;
  }

  [[nodiscard]] std::string unknown(std::string_view name, std::string_view what,
                                    std::string_view sigil) const {
    std::vector<std::string> known;
    for (const TemplateValues* scope : scopes_) {
      for (const auto& [key, value] : scope->texts) {
        known.push_back(key);
      }
      for (const auto& [key, value] : scope->words) {
        known.push_back(key);
      }
      for (const auto& [key, value] : scope->flags) {
        known.push_back("#" + key);
      }
      for (const auto& [key, value] : scope->lists) {
        known.push_back("#" + key);
      }
    }
    const std::string full = fmt::format("{}{}", sigil, name);
    return fmt::format("unknown {} {{{{{}}}}}{}", what, full, suggestion(full, known));
  }

  std::string_view rest_;
  TextFormat format_;
  QuoteTracker tracker_;
  std::vector<const TemplateValues*> scopes_;
  std::vector<Section> sections_;
  int unknowable_ = 0;
};

mustache::data to_data(const TemplateValues& values) {
  mustache::data data;
  for (const auto& [name, text] : values.texts) {
    data.set(name, text);
  }
  for (const auto& [name, word] : values.words) {
    data.set(name, word);
  }
  for (const auto& [name, flag] : values.flags) {
    data.set(name, flag);
  }
  for (const auto& [name, elements] : values.lists) {
    mustache::data list(mustache::data::type::list);
    for (const TemplateValues& element : elements) {
      list << to_data(element);
    }
    data.set(name, list);
  }
  return data;
}

}  // namespace

Result<std::string> render_template(std::string_view text, std::string_view origin,
                                    const TemplateValues& values, TextFormat format) {
  if (const auto problem = StrictCheck(text, values, format).run()) {
    return fail(ErrorCode::bad_input, fmt::format("{}: {}", origin, *problem));
  }
  mustache::mustache parsed{std::string(text)};
  std::optional<Error> refused;
  parsed.set_custom_escape([&](const std::string& value) {
    Result<std::string> written = quoted(value, format);
    if (!written && !refused) {
      refused = written.error();
    }
    return std::move(written).value_or("");
  });
  std::string rendered = parsed.is_valid() ? parsed.render(to_data(values)) : "";
  if (!parsed.is_valid() || !parsed.error_message().empty()) {
    return fail(ErrorCode::bad_input, fmt::format("{}: {}", origin, parsed.error_message()));
  }
  if (refused) {
    return fail(*refused, origin);
  }
  return rendered;
}

}  // namespace ocibench::catalog
