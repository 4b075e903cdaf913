#include "collectors/apps/stats_endpoints.h"
