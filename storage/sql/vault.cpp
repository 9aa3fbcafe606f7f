#include "storage/sql/vault.hpp"

#include "storage/ports.hpp"

#include <utility>

namespace siwareng::storage::sql {

void bind_value(statement& to, int parameter, const sealed& value) {
    if (value.bytes) {
        to.bind_blob(parameter, *value.bytes);
    } else {
        to.bind_null(parameter);
    }
}

vault::vault(std::shared_ptr<const keyring> keys) : keys_(std::move(keys)) {}

sealed vault::seal(std::string_view place, std::string_view plain) const {
    if (plain.empty()) return {};
    return {keys_->seal(place, plain)};
}

std::string vault::open(std::string_view place, const rows& from, int column) const {
    if (from.is_null(column)) return {};
    auto plain = keys_->open(place, from.bytes(column));
    if (!plain) throw store_error(plain.error(), std::string(place) + " cannot be opened");
    return std::move(*plain);
}

blind_index vault::blind(std::string_view domain,
                         std::initializer_list<std::string_view> values) const {
    if (values.size() == 1) return keys_->blind(domain, *values.begin());
    std::string joined;
    for (const std::string_view* value = values.begin(); value != values.end(); ++value) {
        if (value != values.begin()) joined += '\0';
        joined += *value;
    }
    return keys_->blind(domain, joined);
}

}  // namespace siwareng::storage::sql
