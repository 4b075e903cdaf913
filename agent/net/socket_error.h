// What the failure of a socket means.
#pragma once

#include <boost/system/error_code.hpp>

#include "agent/net/error.h"

namespace hitwatch::net {

// Of connecting, reading or writing; kUnreachable for what is none of the others.
Reason reason_of(const boost::system::error_code& code);

}  // namespace hitwatch::net
