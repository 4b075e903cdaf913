#include "collectors/keyspace/survey.h"
