#pragma once

#include <vector>

#include "common/model/corpus.hpp"
#include "common/model/field_check.hpp"

namespace ocibench {

// The part of check_assignment() that is about images. Fields are named as in Assignment.

/// The bounds and the grammar of a corpus's description.
void check_corpus(const CorpusSpec& corpus, FieldCheck& check);

/// That a lock is one that resolving `corpus` could have made, and `moved` what some of the tags of
/// its first `images` (0: of all) could name later: every name and digest well formed, every child
/// of an index there and nothing else, equal digests of equal size, no tag twice, counts and sums
/// within common/model/limits.hpp.
void check_lock(const CorpusSpec& corpus, const ResolvedCorpus& lock, FieldCheck& check);
void check_moved(const ResolvedCorpus& lock, const std::vector<ResolvedImage>& moved,
                 FieldCheck& check);

}  // namespace ocibench
