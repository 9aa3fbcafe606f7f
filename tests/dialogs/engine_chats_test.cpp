#include "tests/dialogs/engine_chat_driver.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace siwareng::dialogs {
namespace {

namespace fs = std::filesystem;

/// What the program offers to the flows; the program's own list is checked against the flows when
/// it starts.
const std::vector<operation_signature>& operations() {
    static const std::vector<operation_signature> signatures = {
        {"roll.check",
         {"nik", "name"},
         {"found", "found_no_tps", "flagged", "not_found", "other_office", "throttled", "busy",
          "unavailable"}},
    };
    return signatures;
}

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> chat_files(const fs::path& root) {
    std::vector<fs::path> out;
    if (!fs::exists(root)) return out;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (entry.path().extension() == ".chat") out.push_back(entry.path());
    }
    std::ranges::sort(out);
    return out;
}

/// Says which exits no conversation took, on the terminal and in a file beside the test.
void report_coverage(const flow_set& flows, const std::vector<path_entry>& taken) {
    const std::vector<path_entry> exits = flows.exits();
    std::string missing;
    std::size_t covered = 0;
    for (const path_entry& each : exits) {
        if (std::ranges::find(taken, each) != taken.end()) {
            ++covered;
        } else {
            missing += fmt::format("{}/{} {}\n", each.flow, each.node, each.exit);
        }
    }
    const std::string report =
        fmt::format("{} of {} exits taken; never taken:\n{}", covered, exits.size(), missing);
    std::cout << report;
    std::ofstream("chat_coverage.txt") << report;
    for (const std::string& each : flows.flow_names()) {
        std::ofstream(fmt::format("chat_coverage_{}.mmd", each)) << flows.diagram(each, taken);
    }
}

class engine_chats : public testing::Test {
  protected:
    void SetUp() override {
        auto files = read_source_content(SIWARENG_SOURCE_DIR);
        ASSERT_TRUE(files) << to_string(files.error());
        files_ = *std::move(files);
        auto flows = load_flows(files_, operations());
        if (!flows) {
            for (const content_problem& each : flows.error()) {
                ADD_FAILURE() << to_string(each);
            }
            GTEST_SKIP() << "the content is faulty";
        }
        flows_ = *std::move(flows);
        auto understanding = create_understander(files_);
        ASSERT_TRUE(understanding) << to_string(understanding.error().front());
        understanding_ = *std::move(understanding);
    }

    content_files files_;
    std::shared_ptr<const flow_set> flows_;
    std::shared_ptr<const understander> understanding_;
};

TEST_F(engine_chats, every_golden_conversation_holds) {
    const bool update = std::getenv("CHAT_UPDATE") != nullptr;
    const fs::path root = fs::path(SIWARENG_SOURCE_DIR) / "tests" / "chats";
    std::vector<path_entry> taken;
    std::size_t count = 0;
    for (const fs::path& path : chat_files(root)) {
        const std::string name = fs::relative(path, SIWARENG_SOURCE_DIR).string();
        const std::string text = read_file(path);
        const auto parsed = parse_chat(text);
        if (!parsed) {
            ADD_FAILURE() << name << ':' << parsed.error().line << ": " << parsed.error().message;
            continue;
        }
        EXPECT_EQ(print_chat(*parsed), text) << name;
        engine_chat_driver driver(files_, operations(), flows_, understanding_);
        const chat_outcome outcome = run_chat(*parsed, name, driver);
        std::ranges::copy(driver.path(), std::back_inserter(taken));
        ++count;
        if (outcome.passed) continue;
        if (update && !outcome.broken) {
            std::ofstream(path, std::ios::binary) << print_chat(outcome.rewritten);
            std::cout << name << ": rewritten\n";
            continue;
        }
        ADD_FAILURE() << outcome.report;
    }
    std::cout << count << " conversations\n";
    report_coverage(*flows_, taken);
}

/// Flows are drawn for people, so every node and exit has to be in the picture.
TEST_F(engine_chats, every_flow_is_drawn) {
    for (const std::string& each : flows_->flow_names()) {
        const std::string drawn = flows_->diagram(each);
        EXPECT_TRUE(drawn.starts_with("flowchart TD\n")) << each;
        for (const path_entry& exit : flows_->exits()) {
            if (exit.flow != each || exit.exit == "end") continue;
            EXPECT_TRUE(drawn.contains(fmt::format("|\"{}\"|", exit.exit))) << exit.node;
        }
    }
}

}  // namespace
}  // namespace siwareng::dialogs
