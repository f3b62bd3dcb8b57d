#include "coordinator/report/figures.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/json.hpp"
#include "common/text.hpp"
#include "coordinator/report/csv_records.hpp"

namespace ocibench::coordinator {
namespace {

/// Members whose strings are sentences of ours, at any depth below them.
constexpr std::array<std::string_view, 7> kSentenceKeys = {
    "headline", "cause", "sentence", "text", "reasons", "warnings", "withheld"};
constexpr JsonLimits kOwnSize{.max_bytes = std::numeric_limits<std::size_t>::max()};

using Sentences = std::vector<std::string>;

void note_unknown(FigureNotes& notes, std::string what) {
  if (notes.unknown.size() < FigureNotes::kMaxUnknown) {
    notes.unknown.push_back(std::move(what));
  }
}

bool is_sentence(std::string_view key) {
  return std::ranges::find(kSentenceKeys, key) != kSentenceKeys.end();
}

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("._:+-/@~").find(c) != std::string_view::npos;
}

tl::unexpected<Error> refused(std::string_view file, std::string_view place,
                              std::string_view what) {
  return fail(ErrorCode::bad_input, fmt::format("{}: {}: {}", file, place, what));
}

tl::unexpected<Error> differs(std::string_view file, std::string_view place,
                              std::string_view theirs, std::string_view ours) {
  return refused(file, place,
                 fmt::format("{} where journal.sqlite says {}", clip(theirs, kLongestQuote),
                             clip(ours, kLongestQuote)));
}

/// The text with every figure as the same mark: equal for two sentences of the same words.
std::string skeleton(std::string_view text) {
  std::string result;
  for (const std::string_view figure : figures_of(text)) {
    const auto at = static_cast<std::size_t>(figure.data() - text.data());
    result.append(text.substr(0, at)).append(1, '#');
    text.remove_prefix(at + figure.size());
  }
  return result.append(text);
}

// ---- sentences

/// Holds the sentences of a file against those that we derive.
class SentenceCheck {
 public:
  explicit SentenceCheck(const std::vector<BundleFile>& ours) {
    for (const BundleFile& file : ours) {
      for (const std::string_view figure : figures_of(file.content)) {
        derived_.insert(figure);
      }
    }
  }

  Result<void> check(std::string_view file, const Sentences& theirs, const Sentences& ours,
                     FigureNotes& notes) const {
    std::map<std::string, Sentences> by_words;
    for (const std::string& sentence : ours) {
      by_words[skeleton(sentence)].push_back(sentence);
    }
    std::map<std::string, std::size_t> next;
    for (const std::string& sentence : theirs) {
      const std::string words = skeleton(sentence);
      const auto same = by_words.find(words);
      if (same == by_words.end()) {
        if (Result<void> known = check_figures(file, sentence); !known) {
          return known;
        }
        ++notes.reworded;
      } else if (words != sentence && !find_from(same->second, sentence, next[words])) {
        return differs(file, "a sentence", sentence, same->second.front());
      }
    }
    return {};
  }

 private:
  /// In the order in which we print them, so that two with the same words cannot be exchanged.
  static bool find_from(const Sentences& ours, const std::string& sentence, std::size_t& next) {
    while (next < ours.size()) {
      if (ours[next++] == sentence) {
        return true;
      }
    }
    return false;
  }

  Result<void> check_figures(std::string_view file, const std::string& sentence) const {
    for (const std::string_view figure : figures_of(sentence)) {
      if (!derived_.contains(figure)) {
        return refused(file, clip(sentence, kLongestQuote),
                       fmt::format("{} does not come from journal.sqlite", figure));
      }
    }
    return {};
  }

  std::set<std::string_view> derived_;
};

// ---- JSON

void collect(const Json& json, bool sentence, Sentences& found) {
  if (json.is_string() && sentence) {
    found.push_back(json.get<std::string>());
  } else if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      collect(value, sentence || is_sentence(key), found);
    }
  } else if (json.is_array()) {
    for (const Json& element : json) {
      collect(element, sentence, found);
    }
  }
}

Sentences sentences_of(const Json& json) {
  Sentences found;
  collect(json, false, found);
  return found;
}

/// Walks what both documents have.
class JsonCheck {
 public:
  JsonCheck(std::string_view file, FigureNotes& notes) : file_(file), notes_(notes) {}

  Result<void> compare(const Json& theirs, const Json& ours, const std::string& path) {
    if (theirs.is_object() && ours.is_object()) {
      return compare_members(theirs, ours, path);
    }
    if (!theirs.is_array() || !ours.is_array()) {
      return theirs == ours ? Result<void>() : differs(file_, path, theirs.dump(), ours.dump());
    }
    if (theirs.size() != ours.size()) {
      return differs(file_, path, fmt::format("{} elements", theirs.size()),
                     fmt::format("{}", ours.size()));
    }
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      if (Result<void> same = compare(theirs[i], ours[i], fmt::format("{}[{}]", path, i)); !same) {
        return same;
      }
    }
    return {};
  }

 private:
  Result<void> compare_members(const Json& theirs, const Json& ours, const std::string& path) {
    for (const auto& [key, value] : theirs.items()) {
      if (is_sentence(key)) {
        continue;
      }
      const std::string place = path.empty() ? key : path + "." + key;
      const auto own = ours.find(key);
      if (own == ours.end()) {
        note_unknown(notes_, fmt::format("{}: {}", file_, place));
      } else if (Result<void> same = compare(value, *own, place); !same) {
        return same;
      }
    }
    return {};
  }

  std::string_view file_;
  FigureNotes& notes_;
};

Result<void> compare_json(const BundleFile& theirs, const BundleFile& ours,
                          const SentenceCheck& sentences, FigureNotes& notes) {
  const Result<Json> own = parse_json(ours.content, ours.name, kOwnSize);
  OCIBENCH_ASSERT(own.has_value());
  const Result<Json> json = parse_json(theirs.content, theirs.name, kOwnSize);
  if (!json) {
    return fail(ErrorCode::bad_input, json.error().message);
  }
  if (Result<void> same = JsonCheck(theirs.name, notes).compare(*json, *own, ""); !same) {
    return same;
  }
  return sentences.check(theirs.name, sentences_of(*json), sentences_of(*own), notes);
}

// ---- CSV

using Records = std::vector<std::vector<std::string>>;

/// A column of two tables with equally many rows.
Result<void> compare_column(const Records& theirs, std::size_t their_column, const Records& ours,
                            std::size_t our_column) {
  const std::string& name = theirs.front()[their_column];
  for (std::size_t row = 1; row < theirs.size(); ++row) {
    const std::string& value = theirs[row][their_column];
    if (!is_sentence(name) && value != ours[row][our_column]) {
      return differs(kIterationsFile, fmt::format("row {}, {}", row, name), value,
                     ours[row][our_column]);
    }
  }
  return {};
}

Sentences sentences_of(const Records& records) {
  Sentences found;
  for (std::size_t column = 0; column < records.front().size(); ++column) {
    for (std::size_t row = 1; is_sentence(records.front()[column]) && row < records.size(); ++row) {
      found.push_back(records[row][column]);
    }
  }
  return found;
}

Result<void> compare_csv(const BundleFile& theirs, const BundleFile& ours,
                         const SentenceCheck& sentences, FigureNotes& notes) {
  const Result<Records> own = parse_csv(ours.content);
  OCIBENCH_ASSERT(own.has_value());
  const Result<Records> records = parse_csv(theirs.content);
  if (!records) {
    return fail(records.error(), theirs.name);
  }
  if (records->size() != own->size()) {
    return differs(theirs.name, "rows", fmt::format("{}", records->size()),
                   fmt::format("{}", own->size()));
  }
  const std::vector<std::string>& names = own->front();
  for (std::size_t column = 0; column < records->front().size(); ++column) {
    const std::string& name = records->front()[column];
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
      note_unknown(notes, fmt::format("{}: column {}", theirs.name, name));
    } else if (Result<void> same = compare_column(*records, column, *own,
                                                  static_cast<std::size_t>(found - names.begin()));
               !same) {
      return same;
    }
  }
  return sentences.check(theirs.name, sentences_of(*records), sentences_of(*own), notes);
}

// ---- text

Sentences lines_of(std::string_view text) {
  Sentences lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// The first line is the verdict, which is more than its figures.
Result<void> compare_markdown(const BundleFile& theirs, const BundleFile& ours,
                              const SentenceCheck& sentences, FigureNotes& notes) {
  const Sentences lines = lines_of(theirs.content);
  const Sentences own = lines_of(ours.content);
  if (lines.empty() || lines.front() != own.front()) {
    return differs(theirs.name, "line 1", lines.empty() ? "nothing" : lines.front(), own.front());
  }
  return sentences.check(theirs.name, lines, own, notes);
}

/// What the journal holds as it is.
bool is_kept_whole(std::string_view name) { return name == kCampaignFile || name == kPlanFile; }

Result<void> compare_file(const BundleFile& theirs, const BundleFile& ours,
                          const SentenceCheck& sentences, FigureNotes& notes) {
  if (theirs.content == ours.content) {
    return {};
  }
  if (is_kept_whole(theirs.name)) {
    return refused(theirs.name, "content", "is not what journal.sqlite says");
  }
  if (theirs.name == kIterationsFile) {
    return compare_csv(theirs, ours, sentences, notes);
  }
  return theirs.name.ends_with(".json") ? compare_json(theirs, ours, sentences, notes)
                                        : compare_markdown(theirs, ours, sentences, notes);
}

}  // namespace

std::vector<std::string_view> figures_of(std::string_view text) {
  std::vector<std::string_view> figures;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) {
      ++end;
    }
    std::string_view word = text.substr(at, end - at);
    at = end + 1;
    while (!word.empty() && std::string_view(".:-/~").find(word.back()) != std::string_view::npos) {
      word.remove_suffix(1);
    }
    if (std::ranges::any_of(word, is_digit)) {
      figures.push_back(word);
    }
  }
  return figures;
}

Result<FigureNotes> compare_figures(const std::vector<BundleFile>& theirs,
                                    const std::vector<BundleFile>& ours) {
  OCIBENCH_ASSERT(std::ranges::equal(theirs, ours, {}, &BundleFile::name, &BundleFile::name));
  const SentenceCheck sentences(ours);
  FigureNotes notes;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    if (Result<void> same = compare_file(theirs[i], ours[i], sentences, notes); !same) {
      return tl::unexpected(same.error());
    }
  }
  return notes;
}

}  // namespace ocibench::coordinator
