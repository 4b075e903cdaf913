#include "agent/keyspace_api.h"
