#include "collectors/apps/statsd_server.h"
