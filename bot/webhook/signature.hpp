#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace siwareng::bot {

/// `X-Hub-Signature-256: sha256=<64 lowercase hex>` of `body` under `secret`, as Meta makes it.
std::string sign_body(std::string_view body, std::string_view secret);

/// True if `header` is the signature of exactly these bytes under one of the app secrets. Constant
/// time in the secrets; an empty secret never matches. Cloud API, webhooks, signature.
bool verify_signature(std::string_view header, std::string_view body,
                      const std::vector<std::string>& secrets);

}  // namespace siwareng::bot
