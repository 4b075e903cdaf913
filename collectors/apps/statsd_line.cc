#include "collectors/apps/statsd_line.h"
