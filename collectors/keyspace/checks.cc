#include "collectors/keyspace/checks.h"
