#include <gtest/gtest.h>
TEST(AlertTemplate, Compiles) {}
