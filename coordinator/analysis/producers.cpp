#include "coordinator/analysis/producers.hpp"

#include <sstream>

#include <fmt/format.h>

namespace ocibench::coordinator {
namespace {

constexpr const char* kProducersNote = "producers";  // one a line
constexpr std::size_t kMaxProducers = 32;            // in a journal from somebody else too

}  // namespace

Result<std::vector<std::string>> producers_of(const durable::RecordLog& journal) {
  const auto note = journal.note(kProducersNote);
  if (!note) {
    return tl::unexpected(note.error());
  }
  std::vector<std::string> producers;
  std::istringstream lines(note->value_or(""));
  for (std::string line; producers.size() < kMaxProducers && std::getline(lines, line);) {
    producers.push_back(line);
  }
  return producers;
}

Result<void> add_producer(durable::RecordLog& journal, std::string_view producer) {
  auto producers = producers_of(journal);
  if (!producers) {
    return tl::unexpected(producers.error());
  }
  if (!producers->empty() && producers->back() == producer) {
    return {};
  }
  producers->emplace_back(producer);
  return journal.set_note(kProducersNote, fmt::format("{}", fmt::join(*producers, "\n")));
}

std::optional<Finding> producers_finding(const std::vector<std::string>& producers) {
  if (producers.size() < 2) {
    return std::nullopt;
  }
  return Finding{FindingCode::producer_differs, "campaign",
                 fmt::format("begun by {}, resumed by {}", producers.front(),
                             fmt::join(producers.begin() + 1, producers.end(), ", then by "))};
}

}  // namespace ocibench::coordinator
