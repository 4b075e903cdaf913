// /api/v2/silences and /api/v2/silence/ID; see api.h.
#pragma once

#include <string_view>

#include "agent/notify/api.h"

namespace hitwatch::notify {

// In the order of Silences::all. With `filter`s: those that have each of these matchers among
// theirs, as it is.
ApiAnswer list_api_silences(const web::Request& request, ApiParts& parts, std::int64_t now);
ApiAnswer set_api_silence(const web::Request& request, ApiParts& parts, std::int64_t now);
// Of an id that is no UUID: 422.
ApiAnswer show_api_silence(std::string_view id, ApiParts& parts, std::int64_t now);
// One that has ended already stays as it is, and that is no error.
ApiAnswer expire_api_silence(std::string_view id, ApiParts& parts, std::int64_t now);

}  // namespace hitwatch::notify
