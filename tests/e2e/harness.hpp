#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace siwareng::e2e {

/// A folder that is gone after the test.
class temp_folder {
  public:
    temp_folder();
    ~temp_folder();
    temp_folder(const temp_folder&) = delete;
    temp_folder& operator=(const temp_folder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// A child process of the real program. Killed in the destructor if it still runs.
class process {
  public:
    /// Starts `build/.../siwareng arguments...`; output goes to `log` (appended).
    process(const std::vector<std::string>& arguments, const std::filesystem::path& log);
    ~process();
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    void signal(int number) const;
    /// The exit status (128 + signal if it was killed), or nothing if it still runs after that
    /// time.
    std::optional<int> wait(std::chrono::milliseconds at_most);
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = -1;
    std::optional<int> status_;
};

/// What a finished command printed.
struct command_result {
    int status = -1;
    std::string output;  ///< standard output and error
};
command_result run_command(const std::vector<std::string>& arguments,
                           const std::string& input = {});

struct http_result {
    int status = 0;  ///< 0: no answer
    std::string body;
};
http_result http_get(std::uint16_t port, const std::string& target);
http_result http_post(std::uint16_t port, const std::string& target, const std::string& body,
                      const std::vector<std::pair<std::string, std::string>>& headers = {});

/// A port that was free a moment ago.
std::uint16_t free_port();

/// Polls until it holds; false after `at_most`.
bool eventually(const std::function<bool()>& holds,
                std::chrono::milliseconds at_most = std::chrono::seconds(30));

std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, const std::string& text);

/// An office on loopback: the emulator, the server, a roll of the golden conversations' voters.
class office {
  public:
    /// `settings` are further `--set` values of the server.
    explicit office(std::vector<std::string> settings = {});
    ~office();
    office(const office&) = delete;
    office& operator=(const office&) = delete;

    void start_server();
    void start_emulator();
    /// SIGKILL, and the process is gone.
    void kill_server();
    /// SIGTERM; the exit status, or nothing if it does not end within 15 s.
    std::optional<int> stop_server();

    /// A citizen's message through the emulator; its wamid.
    std::string say(const std::string& citizen, const nlohmann::json& message);
    std::string say_text(const std::string& citizen, const std::string& text);
    /// The same webhook bytes once more.
    void again(const std::string& citizen, const std::string& wamid);
    /// All messages that the office sent to a citizen, oldest first (Cloud API message bodies).
    std::vector<nlohmann::json> replies(const std::string& citizen);
    /// The same once there are at least `count`.
    std::vector<nlohmann::json> wait_for_replies(const std::string& citizen, std::size_t count);
    /// The emulator has delivered all webhooks.
    bool emulator_idle();
    nlohmann::json emulator_stats();
    /// A value of `/metrics`; -1 if absent.
    double metric(const std::string& name);

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
    [[nodiscard]] std::filesystem::path config_file() const { return folder() / "siwareng.toml"; }
    [[nodiscard]] std::uint16_t server_port() const { return server_port_; }
    [[nodiscard]] std::uint16_t emulator_port() const { return emulator_port_; }
    [[nodiscard]] std::string server_log() const { return read_file(folder() / "server.log"); }

  private:
    void write_config() const;

    temp_folder folder_;
    std::vector<std::string> settings_;
    std::uint16_t server_port_ = 0;
    std::uint16_t emulator_port_ = 0;
    std::unique_ptr<process> emulator_;
    std::unique_ptr<process> server_;
};

}  // namespace siwareng::e2e
