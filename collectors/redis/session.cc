#include "collectors/redis/session.h"
