#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace siwareng::tools {

/// A small deterministic generator (xoshiro256**, seeded by splitmix64). The distributions of the
/// standard library differ between implementations, so the same seed would not give the same file
/// everywhere; these few do.
class random_source {
  public:
    /// Equal seeds give equal sequences on every machine.
    explicit random_source(std::uint64_t seed) {
        for (auto& word : state_) {
            seed += 0x9e3779b97f4a7c15U;
            std::uint64_t mixed = seed;
            mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
            mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
            word = mixed ^ (mixed >> 31U);
        }
    }

    /// 64 even bits.
    std::uint64_t next() {
        const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }

    /// A number in [0, bound); 0 for a bound of 0. The bias of the multiplication is below 2^-32.
    std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
    }

    /// A number in [low, high].
    int between(int low, int high) {
        return low + static_cast<int>(below(static_cast<std::uint32_t>(high - low + 1)));
    }

    /// True in `share` of 100,000 cases.
    bool chance(std::uint32_t share) { return below(100'000) < share; }

    /// One of the items, all alike.
    template <typename T>
    const T& pick(std::span<const T> items) {
        return items[below(static_cast<std::uint32_t>(items.size()))];
    }

    /// One of the items, the first ones more often: names are not spread evenly.
    template <typename T>
    const T& pick_skewed(std::span<const T> items) {
        const auto size = static_cast<std::uint32_t>(items.size());
        const std::uint32_t one = below(size);
        const std::uint32_t other = below(size);
        return items[one < other ? one : other];
    }

  private:
    static constexpr std::uint64_t rotate(std::uint64_t value, unsigned bits) {
        return (value << bits) | (value >> (64U - bits));
    }

    std::array<std::uint64_t, 4> state_{};
};

}  // namespace siwareng::tools
