#include "protocol/old_records.hpp"

#include <utility>

namespace ocibench::protocol {
namespace {

template <class T>
AgentRecord current(T record) {
  return record;
}

AgentRecord current(IterationFinishedV5 old) {
  if (old.verification) {
    old.value.iteration.verification = std::move(old.verification->value);
  }
  return std::move(old.value);
}

}  // namespace

AgentRecord to_current(AgentRecordV5 old) {
  return std::visit([](auto&& record) { return current(std::move(record)); }, std::move(old));
}

}  // namespace ocibench::protocol
