#include "collectors/keys/matcher.h"
