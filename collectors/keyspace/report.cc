#include "collectors/keyspace/report.h"
