#include "collectors/apps/lookups_body.h"
