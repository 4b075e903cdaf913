#include "agent/keyspace_json.h"
