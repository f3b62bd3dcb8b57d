#include "protocol/authenticator.hpp"

#include <sys/eventfd.h>

#include <utility>

#include <zmq.hpp>

#include "common/log.hpp"
#include "protocol/zmq_socket.hpp"

namespace ocibench::protocol {
namespace {

constexpr const char* kAddress = "inproc://zeromq.zap.01";

}  // namespace

struct Authenticator::Socket {
  zmq::socket_t rep;
};

Result<std::unique_ptr<Authenticator>> Authenticator::start(ZmqContext& context, AllowList allowed,
                                                            OnRefusal on_refusal) {
  Fd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop) {
    return fail_errno("eventfd", errno);
  }
  try {
    zmq::socket_t rep(context.state().context, zmq::socket_type::rep);
    rep.set(zmq::sockopt::linger, 0);
    rep.bind(kAddress);
    return std::unique_ptr<Authenticator>(
        new Authenticator(std::make_unique<Socket>(Socket{std::move(rep)}), std::move(stop),
                          std::move(allowed), std::move(on_refusal)));
  } catch (const zmq::error_t& error) {
    return failure("cannot start the check of keys", error);
  }
}

Authenticator::Authenticator(std::unique_ptr<Socket> socket, Fd stop, AllowList allowed,
                             OnRefusal on_refusal)
    : socket_(std::move(socket)),
      stop_(std::move(stop)),
      on_refusal_(std::move(on_refusal)),
      allowed_(std::move(allowed)),
      thread_([this] { serve(); }) {}

Authenticator::~Authenticator() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void Authenticator::set_allowed(AllowList allowed) {
  const MutexLock lock(mutex_);
  allowed_ = std::move(allowed);
}

bool Authenticator::allows(const Caller& caller) const {
  const MutexLock lock(mutex_);
  const AgentName* name = allowed_.name_of(caller.key);
  return name != nullptr && *name == caller.name;
}

void Authenticator::serve() {
  try {
    while (!readable(stop_.get())) {
      wait_readable({&socket_->rep}, {stop_.get()}, kNoTimeout);
      answer_one();
    }
  } catch (const std::exception& error) {
    log_error(error.what());
  }
  socket_.reset();
  running_ = false;
}

void Authenticator::answer_one() {
  zmq::message_t part;
  if (!uninterrupted([&] { return socket_->rep.recv(part, zmq::recv_flags::dontwait); })) {
    return;
  }
  std::vector<std::string> request{part.to_string()};
  while (part.more()) {
    (void)uninterrupted([&] { return socket_->rep.recv(part); });
    request.push_back(part.to_string());
  }
  const ZapAnswer answer = [&] {
    const MutexLock lock(mutex_);
    return answer_zap(request, allowed_);
  }();
  if (answer.frames.empty()) {
    throw std::runtime_error("libzmq asked in another form of ZAP than 1.0");
  }
  for (std::size_t i = 0; i < answer.frames.size(); ++i) {
    (void)uninterrupted([&] {
      return socket_->rep.send(zmq::buffer(answer.frames[i]), i + 1 < answer.frames.size()
                                                                  ? zmq::send_flags::sndmore
                                                                  : zmq::send_flags::none);
    });
  }
  if (answer.refused) {
    on_refusal_(answer.address, answer.refused->key);
  }
}

}  // namespace ocibench::protocol
