#include "agent/keyspace_metrics.h"
