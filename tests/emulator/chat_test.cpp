#include "tests/emulator/emulator_support.hpp"
#include "tools/emulator_chat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <unistd.h>
#include <utility>

namespace siwareng::tools::testing {
namespace {

using ::testing::HasSubstr;

/// A bot of a few lines: greets with buttons, repeats a tap, is silent to reactions.
class small_bot {
  public:
    explicit small_bot(background& in)
        : in_(in), server_(net::testing::start_server(in, {}, [this](net::request request) {
              return answer(*this, std::move(request));
          })) {}

    std::string url() const { return net::testing::url_of(*server_) + "/webhook"; }
    void talk_to(const std::string& emulator_url) {
        client_ = net::testing::start_client(in_, {.base_url = emulator_url});
    }
    void end() {
        in_.call([&] { client_.reset(); });
    }

  private:
    static json reply_to(const json& message) {
        const std::string type = message["type"];
        if (type == "text" && message["text"]["body"] == "halo") {
            json buttons = json::array();
            for (const char* title : {"Ya", "Tidak"}) {
                buttons.push_back(
                    {{"type", "reply"}, {"reply", {{"id", title}, {"title", title}}}});
            }
            return {{"type", "interactive"},
                    {"interactive",
                     {{"type", "button"},
                      {"body", {{"text", "Selamat datang"}}},
                      {"action", {{"buttons", buttons}}}}}};
        }
        std::string words = "terima " + type;
        if (type == "interactive") {
            words = "dipilih " + message["interactive"]["button_reply"]["title"].get<std::string>();
        }
        if (type == "text") words = "kata " + message["text"]["body"].get<std::string>();
        return {{"type", "text"}, {"text", {{"body", words}}}};
    }

    static net::testing::asio::awaitable<net::response> answer(small_bot& self,
                                                               net::request request) {
        const json value = json::parse(request.body)["entry"][0]["changes"][0]["value"];
        if (!value.contains("messages")) co_return net::response{};
        const json message = value["messages"][0];
        const bool repeated = !self.seen_.insert(message["id"].get<std::string>()).second;
        const bool silent = message["type"] == "text" && message["text"]["body"] == "diam";
        if (repeated || silent) co_return net::response{};
        json reply = reply_to(message);
        reply["messaging_product"] = "whatsapp";
        reply["to"] = "+" + message["from"].get<std::string>();
        // The client belongs to one strand, the server has many.
        co_await net::testing::asio::co_spawn(
            self.in_.strand(),
            self.client_->send("POST", "/v26.0/" + number_id + "/messages",
                               {{"Authorization", "Bearer " + access_token}}, reply.dump()),
            net::testing::asio::use_awaitable);
        co_return net::response{};
    }

    background& in_;
    std::set<std::string> seen_;
    std::unique_ptr<net::client> client_;
    std::unique_ptr<net::server> server_;
};

class emulator_chat : public ::testing::Test {
  protected:
    emulator_chat() {
        emulator_options options;
        options.webhook_url = bot_.url();
        emulator_ = std::make_unique<running_emulator>(in_, options);
        bot_.talk_to(emulator_->url());
    }
    ~emulator_chat() override {
        emulator_.reset();
        bot_.end();
    }

    std::string chat(const std::string& lines) {
        std::istringstream in(lines);
        std::ostringstream out;
        status_ = run_emulator_chat({.base_url = emulator_->url(),
                                     .wa_id = citizen,
                                     .silence_ms = 300,
                                     .in = &in,
                                     .out = &out});
        return out.str();
    }

    background in_;
    small_bot bot_{in_};
    std::unique_ptr<running_emulator> emulator_;
    int status_ = -1;
};

TEST_F(emulator_chat, plays_a_piped_conversation) {
    EXPECT_EQ(chat("halo\n2\n[1]\n3\n\ndiam\n/again\n/quit\nnever\n"),
              "> halo\n< Selamat datang\n  [1] Ya\n  [2] Tidak\n"
              "> 2\n< dipilih Tidak\n"
              "> [1]\n< dipilih Ya\n"
              "> 3\n< kata 3\n"
              "> diam\n(no answer)\n"
              "> /again\n(no second answer)\n"
              "> /quit\n");
    EXPECT_EQ(status_, 0);
}

TEST_F(emulator_chat, sends_every_kind_and_plays_others) {
    const auto file = std::filesystem::temp_directory_path() /
                      ("siwareng_chat_" + std::to_string(::getpid()) + ".png");
    std::ofstream(file) << "gambar";
    const auto out = chat("/image " + file.string() +
                          "\n/image\n/document\n/voice\n/video\n/sticker\n/location -6.1 106.5\n"
                          "/location here\n/contact\n/image /no/such/file\n/as 6281999\nhai\n"
                          "/as a/b\n/help\n");
    std::filesystem::remove(file);
    for (const auto* words : {"terima image", "terima document", "terima audio", "terima video",
                              "terima sticker", "terima location", "(/location LAT LON)",
                              "terima contacts", "(cannot read /no/such/file)", "(now 6281999)",
                              "kata hai", "(/as needs a number)", "/quit"}) {
        EXPECT_THAT(out, HasSubstr(words));
    }
    EXPECT_EQ(status_, 0);
    EXPECT_EQ(emulator_->control("GET", "/citizens/6281999/messages")["messages"].size(), 1U);
}

TEST_F(emulator_chat, continues_where_the_conversation_stood) {
    chat("halo\n");
    EXPECT_EQ(chat("1\n"), "> 1\n< dipilih Ya\n");
}

TEST_F(emulator_chat, says_that_the_emulator_is_not_there) {
    std::istringstream in("halo\n");
    std::ostringstream out;
    EXPECT_EQ(run_emulator_chat({.base_url = "http://127.0.0.1:1", .in = &in, .out = &out}), 1);
    EXPECT_EQ(run_emulator_chat({.base_url = "nowhere", .in = &in, .out = &out}), 1);
}

}  // namespace
}  // namespace siwareng::tools::testing
