// Messages that `hitwatch sink` received, for people and for programs.
#pragma once

#include <string>

#include "agent/cli/sink_message.h"

namespace hitwatch::cli {

// A line that says when, what and how it was answered, and indented ones for what is in it. All
// that came from elsewhere is made safe for a terminal.
std::string sink_text(const SinkMessage& message);

// One JSON object in one line of ASCII: time, number, client, method, path, format, id, seenBefore,
// signature (if there is a secret to check it), answer, and the body: `body` if it is JSON, or
// spans as read_spans() gives them, else `text`; `fault` if it was refused for itself.
std::string sink_json(const SinkMessage& message);

}  // namespace hitwatch::cli
