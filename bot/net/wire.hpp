#pragma once

#include "bot/net/http.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace siwareng::net {

/// Bytes that came and were not read yet. The memory stays with the connection.
class input_buffer {
  public:
    /// Never holds more than `bytes_max`.
    explicit input_buffer(std::size_t bytes_max);

    [[nodiscard]] std::string_view data() const;
    [[nodiscard]] bool empty() const { return begin_ == end_; }
    void consume(std::size_t bytes);
    /// Room for more bytes, empty if the limit is reached.
    std::span<char> prepare();
    /// So many bytes were written to what prepare() gave.
    void commit(std::size_t bytes);

  private:
    std::size_t bytes_max_;
    std::string bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// Where a URL leads.
struct origin {
    bool tls = false;
    std::string host;  ///< without the brackets of an IPv6 address
    std::string port;
    std::string host_header;  ///< as the Host header has it
    std::string path;         ///< of the base URL, without a "/" at the end
};

/// http and https URLs without user, query and fragment; else an error text.
std::expected<origin, std::string> parse_origin(std::string_view url);

/// Fills `path` and `query` from `target`.
void split_target(request& message);

/// May this stand in a header line?
bool is_header_safe(std::string_view text);

/// "Not Found" for 404; "Unknown" for what nobody has defined.
std::string_view reason_phrase(int status);

/// Replaces `out` by the header of a response. Throws std::invalid_argument for a header with
/// control characters, which is a bug of the handler.
void write_head(std::string& out, const response& answer, bool keep_alive);
/// Replaces `out` by the header of a request.
void write_head(std::string& out, const origin& to, std::string_view method,
                std::string_view target, const header_list& headers, std::size_t body_bytes);

}  // namespace siwareng::net
