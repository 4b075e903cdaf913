// The rule of keys whose type and tenant matter, and nothing else.
#pragma once

#include "collectors/keys/matcher.h"

namespace hitwatch::keyspace {

// `type:tenant:…`
inline const keys::Rule& any_rule() {
  static const keys::Rule rule{*keys::Pattern::parse("{type}:{tenant}:*"), "", false};
  return rule;
}

}  // namespace hitwatch::keyspace
