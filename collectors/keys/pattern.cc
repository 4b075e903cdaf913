#include "collectors/keys/pattern.h"
