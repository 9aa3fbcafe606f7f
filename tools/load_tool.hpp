#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

namespace siwareng::tools {

/// Whom to load, with what.
struct load_options {
    /// The server's webhook: "http://127.0.0.1:8080".
    std::string server_url = "http://127.0.0.1:8080";
    std::string app_secret = "demo-app-secret";
    std::string phone_number_id = "106540352242922";
    /// Where this tool answers as the Cloud API; the server's `whatsapp.graph_url` points there.
    std::uint16_t graph_port = 8095;
    /// Written once the Cloud API side listens; empty: none.
    std::filesystem::path port_file;
    /// Voters to ask for, as `siwareng roll generate` writes them.
    std::filesystem::path voters_csv;
    std::int64_t citizens = 10'000;
    /// Messages offered a second (open loop); 0: as many as `in_flight` allows (closed loop).
    double rate = 0;
    int in_flight = 64;
    double seconds = 10;
    /// Statuses (sent, delivered, read) that follow each answer.
    int statuses = 3;
    /// The first citizen's number; a later run with another one meets only new contacts.
    std::int64_t first_number = 6281300000000;
};

/// What a run measured. Times in milliseconds, counted from the moment the webhook was due.
struct load_report {
    std::int64_t offered = 0;
    std::int64_t answered = 0;
    std::int64_t lost = 0;      ///< no answer within 10 s of the end
    std::int64_t repeated = 0;  ///< answers beyond one for a message
    std::int64_t refused = 0;   ///< webhooks not answered with 200 (delivered again)
    double seconds = 0;
    double per_second = 0;
    double ack_p50 = 0, ack_p99 = 0, ack_max = 0;
    double answer_p50 = 0, answer_p99 = 0, answer_max = 0;
};

/// Plays citizens through signed webhooks and the Cloud API at once, against a running server.
std::expected<load_report, std::string> run_load(const load_options& options);

/// The report as text for a person, or as one line of JSON.
std::string to_text(const load_report& report);
std::string to_json(const load_report& report);

}  // namespace siwareng::tools
