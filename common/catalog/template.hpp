#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalog/quoting.hpp"
#include "common/error.hpp"

namespace ocibench::catalog {

/// What a template may name: texts and words as {{name}}, flags as {{#name}}..{{/name}} and
/// {{^name}}..{{/name}}, lists as {{#name}}..{{/name}}, whose elements shadow what is outside.
struct TemplateValues {
  std::map<std::string, std::string> texts;  ///< any bytes
  std::map<std::string, std::string> words;  ///< of ours, [a-z0-9]*: numbers, true and false
  std::map<std::string, bool> flags;
  std::map<std::string, std::vector<TemplateValues>> lists;
};

/// Renders a mustache template (mustache(5)). Values are written so that what parses the text as
/// `format` gets exactly them back (quoted()), and are never read as a template themselves. In YAML
/// and JSON a text must stand between double quotes, a word may stand anywhere. Strict: mustache
/// renders what it does not know as nothing, here it is an error, also inside a section that is not
/// rendered (but for the elements of an empty list). Partials and changes of delimiters are
/// refused. Errors: bad_input with `origin` and the placeholder, or the value that the format
/// cannot hold.
Result<std::string> render_template(std::string_view text, std::string_view origin,
                                    const TemplateValues& values,
                                    TextFormat format = TextFormat::plain);

}  // namespace ocibench::catalog
