#include "tools/emulator/core.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace siwareng::tools {
namespace {

using nlohmann::json;

net::response json_response(const json& body) {
    net::response answer;
    answer.content_type = "application/json; charset=UTF-8";
    answer.body = body.dump();
    return answer;
}

graph_error unknown_object(std::string_view verb, std::string_view id) {
    return {.code = 100,
            .message = fmt::format("Unsupported {} request. Object with ID '{}' does not exist, "
                                   "cannot be loaded due to missing permissions, or does not "
                                   "support this operation",
                                   verb, id),
            .type = "GraphMethodException",
            .subcode = 33};
}

graph_error unauthorized() {
    return {.http_status = 401,
            .code = 190,
            .message = "Invalid OAuth access token - Cannot parse access token"};
}

/// "v26.0".
bool is_version(std::string_view text) {
    if (!text.starts_with('v')) return false;
    text.remove_prefix(1);
    return text.contains('.') &&
           std::ranges::all_of(text, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

net::response send_message(emulator_core& core, const net::request& request) {
    const json body = json::parse(request.body, nullptr, false);
    if (body.is_discarded()) {
        return core.refuse(invalid_parameter("The body is not valid JSON."), nullptr);
    }
    const auto sent = core.send(body);
    return sent ? json_response(*sent) : core.refuse(sent.error(), body);
}

net::response upload_media(emulator_core& core, const net::request& request) {
    const auto form = read_form(net::find_header(request.headers, "content-type"), request.body);
    if (!form) return core.refuse(invalid_parameter(form.error()), "media");
    const auto part = [&](std::string_view name) {
        return std::ranges::find(*form, name, &form_part::name);
    };
    const auto product = part("messaging_product");
    if (product == form->end() || product->data != "whatsapp") {
        return core.refuse(invalid_parameter("The parameter messaging_product is required."),
                           "media");
    }
    const auto file = part("file");
    if (file == form->end()) {
        return core.refuse(invalid_parameter("The parameter file is required."), "media");
    }
    // The part's own type matters; the field `type` only stands in for it.
    std::string mime_type = file->content_type;
    const auto type = part("type");
    if (mime_type.empty() && type != form->end()) mime_type = type->data;
    if (const auto good = check_upload(mime_type, file->data.size()); !good) {
        return core.refuse(good.error(), "media");
    }
    const media_file& kept = core.media().add({.mime_type = std::move(mime_type),
                                               .filename = file->filename,
                                               .bytes = std::string(file->data)},
                                              core.now_ms());
    core.log().write(
        core.now_ms(), "media_upload",
        {{"media", kept.id}, {"mime_type", kept.mime_type}, {"bytes", kept.bytes.size()}});
    return json_response({{"id", kept.id}});
}

net::response describe_media(emulator_core& core, const media_file& file) {
    return json_response({{"messaging_product", "whatsapp"},
                          {"url", core.media_url(file.id)},
                          {"mime_type", file.mime_type},
                          {"sha256", hex(file.digest)},
                          {"file_size", file.bytes.size()},
                          {"id", file.id}});
}

/// `/{version}/{id}`: a media file, or the phone number itself.
net::response answer_object(emulator_core& core, const net::request& request, std::string_view id) {
    const auto& options = core.options();
    if (request.method == "GET" && id == options.phone_number_id) {
        return json_response({{"id", options.phone_number_id},
                              {"display_phone_number", options.display_phone},
                              {"verified_name", "Siwareng emulator"},
                              {"quality_rating", "GREEN"}});
    }
    const media_file* const file = core.media().find(id, core.now_ms());
    if (file != nullptr && request.method == "GET") return describe_media(core, *file);
    if (file != nullptr && request.method == "DELETE") {
        core.log().write(core.now_ms(), "media_delete", {{"media", id}});
        core.media().remove(id);
        return json_response({{"success", true}});
    }
    std::string verb = request.method;
    std::ranges::transform(verb, verb.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    return core.refuse(unknown_object(verb, id), nullptr);
}

net::response download_media(emulator_core& core, const net::request& request) {
    const media_file* const file = core.media().open(
        net::find_header(request.query, "mid"), net::find_header(request.query, "ext"),
        net::find_header(request.query, "hash"), core.now_ms());
    if (file == nullptr) return {.status = 404, .body = "Not Found"};
    core.log().write(core.now_ms(), "media_download", {{"media", file->id}});
    return {.content_type = file->mime_type, .body = file->bytes};
}

}  // namespace

net::response answer_graph(emulator_core& core, const net::request& request) {
    if (!core.is_authorized(net::find_header(request.headers, "authorization"))) {
        return core.refuse(unauthorized(), nullptr);
    }
    const auto segments = path_segments(request.path);
    const bool attachment =
        segments.size() == 2 && segments[0] == "whatsapp_business" && segments[1] == "attachments";
    if (attachment && request.method == "GET") return download_media(core, request);
    const bool versioned = segments.size() >= 2 && is_version(segments[0]);
    if (versioned && segments.size() == 2) return answer_object(core, request, segments[1]);
    const bool edge = versioned && segments.size() == 3 && request.method == "POST" &&
                      (segments[2] == "messages" || segments[2] == "media");
    if (edge && segments[1] != core.options().phone_number_id) {
        return core.refuse(unknown_object("post", segments[1]), nullptr);
    }
    if (edge && segments[2] == "messages") return send_message(core, request);
    if (edge) return upload_media(core, request);
    return core.refuse(
        {.code = 2500, .message = fmt::format("Unknown path components: {}", request.path)},
        nullptr);
}

}  // namespace siwareng::tools
