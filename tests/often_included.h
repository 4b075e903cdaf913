// What most tests include, precompiled by HITWATCH_PRECOMPILE; see agent/often_included.h.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/often_included.h"
