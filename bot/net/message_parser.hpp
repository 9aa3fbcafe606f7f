#pragma once

#include "bot/net/http.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>

namespace siwareng::net {

/// Why a message cannot be read.
enum class parse_errc : std::uint8_t {
    bad_message,       ///< not HTTP/1.x, or it contradicts itself
    header_too_large,  ///< more header than the limit
    body_too_large,    ///< more body than the limit, said or sent
};

/// What is read at most.
struct parse_limits {
    std::uint32_t header_bytes_max = 16 * 1024;
    std::uint64_t body_bytes_max = 4ULL * 1024 * 1024;
};

/// Reads HTTP/1.x messages from bytes, without I/O. After the header is done, a body of a known
/// length may be read by the caller itself, straight into `message().body`; every other body goes
/// through feed(). Beast's grammar, so that its care about contradicting lengths is ours.
template <class Message>
class message_parser {
  public:
    explicit message_parser(const parse_limits& limits);
    message_parser(const message_parser&) = delete;
    message_parser& operator=(const message_parser&) = delete;
    ~message_parser();

    /// Forgets everything: the next message of the connection begins. `without_body` for the
    /// response to a HEAD.
    void reset(bool without_body = false);
    /// Consumes from the front and tells how much; stops after the header and after the message.
    /// What is left must come again together with more.
    std::expected<std::size_t, parse_errc> feed(std::string_view bytes);
    /// The connection ended. True if that completes the message.
    bool finish();

    [[nodiscard]] bool header_done() const;
    [[nodiscard]] bool done() const;
    /// Valid after the header.
    [[nodiscard]] bool keep_alive() const;
    /// The body's length where the header says it.
    [[nodiscard]] std::optional<std::uint64_t> content_length() const;
    /// `Expect: 100-continue`, in a request that has a body.
    [[nodiscard]] bool expects_continue() const;
    /// The message so far; may be moved from when done.
    Message& message();

  private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

using request_parser = message_parser<request>;
using response_parser = message_parser<response>;

}  // namespace siwareng::net
