#include "collectors/lookups/latency_buckets.h"
