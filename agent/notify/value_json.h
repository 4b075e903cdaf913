// Values of templates as JSON.
#pragma once

#include <expected>
#include <string>

#include "rules/templates/function.h"
#include "rules/templates/value.h"

namespace hitwatch::notify {

// As Go's encoding/json would write them; the members of a notification's data have the names that
// they have in the body of a webhook. Fails if it would be longer than the templates' bound, or for
// a number that JSON does not have.
std::expected<std::string, std::string> value_json(templates::Call& call,
                                                   const templates::Value& value);

}  // namespace hitwatch::notify
