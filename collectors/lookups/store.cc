#include "collectors/lookups/store.h"
