#include "agent/keyspace.h"
