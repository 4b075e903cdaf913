#include "collectors/redis/probe_ledger.h"
