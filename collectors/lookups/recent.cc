#include "collectors/lookups/recent.h"
