#include "agent/net/http_client.h"
