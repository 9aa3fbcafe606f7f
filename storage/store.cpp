#include "storage/ports.hpp"

#include <future>
#include <memory>
#include <utility>

namespace siwareng::storage {

std::expected<void, errc> store::run(std::move_only_function<void(transaction&)> work) {
    // Shared with `done`, which may still be inside set_value when the waiting thread goes on.
    const auto outcome = std::make_shared<std::promise<std::expected<void, errc>>>();
    auto waiting = outcome->get_future();
    auto queued = submit(
        {.work = std::move(work), .done = [outcome](auto result) { outcome->set_value(result); }});
    if (!queued) return queued;
    return waiting.get();
}

}  // namespace siwareng::storage
