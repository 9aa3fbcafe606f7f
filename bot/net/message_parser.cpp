#include "bot/net/message_parser.hpp"

#include "bot/net/wire.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

namespace siwareng::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

/// A length that the header claims is not believed before so much has really come.
constexpr std::uint64_t reserve_bytes_max = 64ULL * 1024;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

parse_errc meaning_of(const error_code& error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        return parse_errc::header_too_large;
    }
    if (error == http::error::body_limit) return parse_errc::body_too_large;
    return parse_errc::bad_message;
}

/// Writes what Beast's grammar finds straight into our message.
template <class Message>
class grammar final : public http::basic_parser<std::is_same_v<Message, request>> {
    using base = http::basic_parser<std::is_same_v<Message, request>>;

  public:
    explicit grammar(const parse_limits& limits) {
        this->header_limit(limits.header_bytes_max);
        this->body_limit(limits.body_bytes_max);
    }

    Message message;
    bool wants_continue = false;

  private:
    void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int,
                         error_code&) override {
        if constexpr (std::is_same_v<Message, request>) {
            message.method = view(method);
            message.target = view(target);
        }
    }

    void on_response_impl(int status, beast::string_view, int, error_code&) override {
        if constexpr (std::is_same_v<Message, response>) {
            message.status = status;
            message.content_type.clear();
        }
    }

    void on_field_impl(http::field field, beast::string_view name, beast::string_view value,
                       error_code&) override {
        // Trailers of a chunked body are not headers: nothing may be added after the fact.
        if (header_seen_) return;
        if (field == http::field::transfer_encoding) coded_ = true;
        if (field == http::field::expect) {
            wants_continue = beast::iequals(value, "100-continue");
        }
        if constexpr (std::is_same_v<Message, response>) {
            if (field == http::field::content_type) message.content_type = view(value);
        }
        message.headers.emplace_back(view(name), view(value));
    }

    void on_header_impl(error_code& error) override {
        header_seen_ = true;
        // A coding that is not "chunked" last would leave it open where a request ends.
        if constexpr (std::is_same_v<Message, request>) {
            if (coded_ && !this->chunked()) error = http::error::bad_transfer_encoding;
        }
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (length) message.body.reserve(std::min(*length, reserve_bytes_max));
    }

    std::size_t on_body_impl(beast::string_view bytes, error_code&) override {
        message.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }

    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}

    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override {
        message.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }

    void on_finish_impl(error_code&) override {}

    bool header_seen_ = false;
    bool coded_ = false;
};

}  // namespace

template <class Message>
struct message_parser<Message>::impl {
    explicit impl(const parse_limits& l) : limits(l) { current.emplace(limits); }

    parse_limits limits;
    std::optional<grammar<Message>> current;
};

template <class Message>
message_parser<Message>::message_parser(const parse_limits& limits)
    : impl_(std::make_unique<impl>(limits)) {}

template <class Message>
message_parser<Message>::~message_parser() = default;

template <class Message>
void message_parser<Message>::reset(bool without_body) {
    impl_->current.emplace(impl_->limits);
    impl_->current->skip(without_body);
}

template <class Message>
std::expected<std::size_t, parse_errc> message_parser<Message>::feed(std::string_view bytes) {
    auto& parser = *impl_->current;
    const bool header_was_done = parser.is_header_done();
    std::size_t used = 0;
    while (used < bytes.size() && !parser.is_done()) {
        error_code error;
        const std::string_view rest = bytes.substr(used);
        used += parser.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
        if (error == http::error::need_more) break;
        if (error) return std::unexpected(meaning_of(error));
        if (!header_was_done && parser.is_header_done()) break;
    }
    if constexpr (std::is_same_v<Message, request>) {
        if (!header_was_done && parser.is_header_done()) split_target(parser.message);
    }
    return used;
}

template <class Message>
bool message_parser<Message>::finish() {
    auto& parser = *impl_->current;
    if (parser.is_done()) return true;
    if (!parser.got_some()) return false;
    error_code error;
    parser.put_eof(error);
    return !error && parser.is_done();
}

template <class Message>
bool message_parser<Message>::header_done() const {
    return impl_->current->is_header_done();
}

template <class Message>
bool message_parser<Message>::done() const {
    return impl_->current->is_done();
}

template <class Message>
bool message_parser<Message>::keep_alive() const {
    return impl_->current->keep_alive();
}

template <class Message>
std::optional<std::uint64_t> message_parser<Message>::content_length() const {
    const auto length = impl_->current->content_length();
    if (!length) return std::nullopt;
    return *length;
}

template <class Message>
bool message_parser<Message>::expects_continue() const {
    return impl_->current->wants_continue && !impl_->current->is_done();
}

template <class Message>
Message& message_parser<Message>::message() {
    return impl_->current->message;
}

template class message_parser<request>;
template class message_parser<response>;

}  // namespace siwareng::net
