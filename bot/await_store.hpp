#pragma once

#include "storage/ports.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <expected>
#include <functional>
#include <memory>
#include <utility>

namespace siwareng::bot {

/// Submits a job and resumes the caller on its own executor once the outcome is durable.
/// queue_full and closed resume it as well. What `work` refers to must live in the caller's frame.
inline boost::asio::awaitable<std::expected<void, storage::errc>> await_job(
    storage::store& store, std::move_only_function<void(storage::transaction&)> work) {
    namespace asio = boost::asio;
    using outcome = std::expected<void, storage::errc>;
    auto initiate = [&store, &work](auto handler) {
        using handler_type = decltype(handler);
        struct waiting {
            handler_type resume;
            asio::executor_work_guard<asio::associated_executor_t<handler_type>> guard;
        };
        const auto executor = asio::get_associated_executor(handler);
        auto state =
            std::make_shared<waiting>(waiting{std::move(handler), asio::make_work_guard(executor)});
        const auto complete = [state, executor](outcome result) {
            asio::post(executor, [state, result] { std::move(state->resume)(result); });
        };
        const auto queued = store.submit({std::move(work), complete});
        if (!queued) {
            complete(std::unexpected(queued.error()));
        }
    };
    const auto result = co_await asio::async_initiate<decltype(asio::use_awaitable), void(outcome)>(
        initiate, asio::use_awaitable);
    co_return result;
}

}  // namespace siwareng::bot
