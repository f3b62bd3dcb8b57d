#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/model/corpus.hpp"

namespace ocibench::catalog {

/// Reads scenarios/corpora/<name>.toml, which holds exactly one of `[synthetic]`, `[references]`
/// and
/// `[[files]]`. Errors: bad_input with file, line and key.
Result<CorpusSpec> parse_corpus(std::string_view toml, const std::string& origin);

}  // namespace ocibench::catalog
