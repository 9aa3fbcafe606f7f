#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>

namespace siwareng::tools {

/// Runs functions later, in the order of their times, with one timer. On its executor, a strand.
class scheduler : public std::enable_shared_from_this<scheduler> {
  public:
    explicit scheduler(const boost::asio::any_io_executor& executor) : timer_(executor) {}

    void after(std::chrono::milliseconds delay, std::function<void()> work);
    /// Forgets everything that has not run, and takes nothing more.
    void stop();

  private:
    using clock = std::chrono::steady_clock;
    void arm();
    void run_due();

    boost::asio::steady_timer timer_;
    std::multimap<clock::time_point, std::function<void()>> waiting_;
    bool stopped_ = false;
};

}  // namespace siwareng::tools
