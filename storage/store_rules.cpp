#include "storage/store_rules.hpp"

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace siwareng::storage {

std::vector<conversation_entry> last_entries(std::vector<conversation_entry> entries, int limit) {
    std::ranges::sort(entries, {}, [](const conversation_entry& entry) {
        return std::tuple(entry.at_ms, !entry.from_citizen, entry.id);
    });
    const std::size_t keep = std::min(entries.size(), static_cast<std::size_t>(std::max(limit, 0)));
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(keep));
    return entries;
}

}  // namespace siwareng::storage
