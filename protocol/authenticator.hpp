#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/mutex.hpp"
#include "protocol/allow_list.hpp"
#include "protocol/zap.hpp"
#include "protocol/zmq_context.hpp"

namespace ocibench::protocol {

/// Answers libzmq's question who may come, on a thread of its own. While nobody answers it, libzmq
/// lets everybody in: so this starts before the first socket is bound, and a server whose
/// authenticator has stopped must stop too. One per context.
class Authenticator {
 public:
  /// A peer was turned away; called from the authenticator's thread.
  using OnRefusal = std::function<void(const std::string& address, const PublicKey& key)>;

  /// Errors: io, conflict (the context has one).
  static Result<std::unique_ptr<Authenticator>> start(ZmqContext& context, AllowList allowed,
                                                      OnRefusal on_refusal);
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;
  ~Authenticator();

  /// From now on; who is connected already is asked again by allows(). Any thread.
  void set_allowed(AllowList allowed);
  /// Whether this caller, who was let in once, still may speak. Any thread.
  [[nodiscard]] bool allows(const Caller& caller) const;
  [[nodiscard]] bool running() const { return running_; }

 private:
  struct Socket;
  Authenticator(std::unique_ptr<Socket> socket, Fd stop, AllowList allowed, OnRefusal on_refusal);
  void serve();
  void answer_one();

  std::unique_ptr<Socket> socket_;  // the thread's alone once it runs
  Fd stop_;                         // an eventfd
  OnRefusal on_refusal_;
  mutable Mutex mutex_;
  AllowList allowed_ OCIBENCH_GUARDED_BY(mutex_);
  std::atomic<bool> running_ = true;
  std::thread thread_;
};

}  // namespace ocibench::protocol
