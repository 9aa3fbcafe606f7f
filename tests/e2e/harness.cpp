#include "tests/e2e/harness.hpp"

#include "bot/net/http.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace siwareng::e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* program = SIWARENG_PROGRAM;

std::vector<char*> argument_pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (auto& word : words) {
        out.push_back(word.data());
    }
    out.push_back(nullptr);
    return out;
}

pid_t spawn(const std::vector<std::string>& arguments, int in, int out) {
    std::vector<std::string> words = {program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto pointers = argument_pointers(words);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    pid_t pid = -1;
    const int code = posix_spawn(&pid, program, &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0) {
        throw std::runtime_error(fmt::format("cannot start {}", program));
    }
    return pid;
}

int status_of(int raw) {
    return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

http_result http(std::uint16_t port, const std::string& method, const std::string& target,
                 const std::string& body, net::header_list headers) {
    boost::asio::io_context io;
    net::client_options options;
    options.base_url = fmt::format("http://127.0.0.1:{}", port);
    options.total_timeout = 30s;
    auto client = net::create_client(io.get_executor(), options);
    if (!client) {
        throw std::runtime_error(client.error());
    }
    http_result out;
    boost::asio::co_spawn(
        io,
        [](net::client& http_client, std::string verb, std::string path, net::header_list fields,
           std::string content, http_result& result) -> boost::asio::awaitable<void> {
            const auto answer = co_await http_client.send(std::move(verb), std::move(path),
                                                          std::move(fields), std::move(content));
            if (answer) {
                result = {answer->status, answer->body};
            }
            http_client.stop();
        }(**client, method, target, std::move(headers), body, out),
        boost::asio::detached);
    io.run();
    return out;
}

}  // namespace

temp_folder::temp_folder() {
    std::string name = (fs::temp_directory_path() / "siwareng-e2e-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("cannot make a temporary folder");
    }
    path_ = name;
}

temp_folder::~temp_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

process::process(const std::vector<std::string>& arguments, const fs::path& log) {
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_ = spawn(arguments, in, out);
    close(in);
    close(out);
}

process::~process() {
    if (!status_) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
}

void process::signal(int number) const {
    kill(pid_, number);
}

std::optional<int> process::wait(std::chrono::milliseconds at_most) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!status_) {
        int raw = 0;
        if (waitpid(pid_, &raw, WNOHANG) == pid_) {
            status_ = status_of(raw);
        } else if (std::chrono::steady_clock::now() > end) {
            break;
        } else {
            std::this_thread::sleep_for(5ms);
        }
    }
    return status_;
}

command_result run_command(const std::vector<std::string>& arguments, const std::string& input) {
    const temp_folder folder;
    write_file(folder.path() / "in", input);
    const int in = open((folder.path() / "in").c_str(), O_RDONLY | O_CLOEXEC);
    const int out = open((folder.path() / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const pid_t pid = spawn(arguments, in, out);
    close(in);
    close(out);
    int raw = 0;
    waitpid(pid, &raw, 0);
    return {status_of(raw), read_file(folder.path() / "out")};
}

http_result http_get(std::uint16_t port, const std::string& target) {
    return http(port, "GET", target, "", {});
}

http_result http_post(std::uint16_t port, const std::string& target, const std::string& body,
                      const std::vector<std::pair<std::string, std::string>>& headers) {
    return http(port, "POST", target, body, headers);
}

std::uint16_t free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool good =
        fd >= 0 && bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
    close(fd);
    if (!good) {
        throw std::runtime_error("no free port");
    }
    return ntohs(address.sin_port);
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds at_most) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(20ms);
    }
    return true;
}

std::string read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

void write_file(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
}

office::office(std::vector<std::string> settings)
    : settings_(std::move(settings)), server_port_(free_port()), emulator_port_(free_port()) {
    write_config();
    const auto made = run_command({"init", "--config", config_file().string()});
    const auto chats = fs::path(SIWARENG_SOURCE_DIR) / "tests/chats";
    const auto imported =
        run_command({"roll", "import", "--config", config_file().string(), "--quiet", "--rejects",
                     (folder() / "rejects.csv").string(), (chats / "voters.csv").string(), "--tps",
                     (chats / "tps.csv").string()});
    if (made.status != 0 || imported.status != 0) {
        throw std::runtime_error(made.output + imported.output);
    }
    start_emulator();
    start_server();
}

office::~office() = default;

void office::write_config() const {
    write_file(config_file(), fmt::format(R"([server]
port = {}
[storage]
url = "sqlite:siwareng.db"
key_file = "siwareng.key"
[whatsapp]
graph_url = "http://127.0.0.1:{}"
app_secrets = ["demo-app-secret"]
verify_token = "verify-me"
[[office]]
id = "3603"
name = "KPU Kabupaten Tangerang"
region = "36.03"
phone_number_id = "106540352242922"
display_phone = "021-5991414"
access_token = "demo-access-token"
)",
                                          server_port_, emulator_port_));
}

void office::start_emulator() {
    emulator_ = std::make_unique<process>(
        std::vector<std::string>{"emulator", "--port", std::to_string(emulator_port_), "--webhook",
                                 fmt::format("http://127.0.0.1:{}/webhook", server_port_), "--log",
                                 (folder() / "emulator.jsonl").string()},
        folder() / "emulator.log");
    if (!eventually([&] { return http_get(emulator_port_, "/emulator/stats").status == 200; })) {
        throw std::runtime_error("the emulator did not start: " +
                                 read_file(folder() / "emulator.log"));
    }
}

void office::start_server() {
    std::vector<std::string> arguments = {"serve", "--config", config_file().string()};
    for (const auto& setting : settings_) {
        arguments.insert(arguments.end(), {"--set", setting});
    }
    server_ = std::make_unique<process>(arguments, folder() / "server.log");
    if (!eventually([&] { return http_get(server_port_, "/readyz").status == 200; })) {
        throw std::runtime_error("the server did not start: " + server_log());
    }
}

void office::kill_server() {
    server_->signal(SIGKILL);
    server_->wait(10s);
}

std::optional<int> office::stop_server() {
    server_->signal(SIGTERM);
    return server_->wait(15s);
}

std::string office::say(const std::string& citizen, const json& message) {
    const auto answer = http_post(emulator_port_, "/emulator/citizens/" + citizen + "/messages",
                                  message.dump(), {{"Content-Type", "application/json"}});
    const auto body = json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || !body.is_object()) {
        throw std::runtime_error(fmt::format("emulator: {} {}", answer.status, answer.body));
    }
    return body.at("wamid").get<std::string>();
}

std::string office::say_text(const std::string& citizen, const std::string& text) {
    return say(citizen, {{"type", "text"}, {"text", text}});
}

void office::again(const std::string& citizen, const std::string& wamid) {
    const auto answer = http_post(emulator_port_, "/emulator/citizens/" + citizen + "/again",
                                  json{{"wamid", wamid}}.dump());
    if (answer.status != 200) {
        throw std::runtime_error("emulator: " + answer.body);
    }
}

std::vector<json> office::replies(const std::string& citizen) {
    const auto answer =
        http_get(emulator_port_, "/emulator/citizens/" + citizen + "/messages?after=0&wait_ms=0");
    const auto body = json::parse(answer.body, nullptr, false);
    std::vector<json> out;
    if (body.is_object() && body.contains("messages")) {
        for (const auto& each : body["messages"]) {
            out.push_back(each);
        }
    }
    return out;
}

std::vector<json> office::wait_for_replies(const std::string& citizen, std::size_t count) {
    eventually([&] { return replies(citizen).size() >= count; });
    return replies(citizen);
}

json office::emulator_stats() {
    return json::parse(http_get(emulator_port_, "/emulator/stats").body, nullptr, false);
}

bool office::emulator_idle() {
    return emulator_stats().at("webhooks").value("pending", 1) == 0;
}

double office::metric(const std::string& name) {
    const auto text = http_get(server_port_, "/metrics").body;
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

}  // namespace siwareng::e2e
