// Decides which words of a tree of shapes are values, such as names of tenants, and which are names
// that a convention is made of.
//
// A word of its own tells little: "acme" and "session" are both words. What tells is where words
// meet. Names of tenants come again under several types (`catalog:acme:7`, `session:acme:9`), or
// the same types come again under them (`acme:catalog:7`, `globex:catalog:9`); then there are two
// levels that could be either, and the one is taken for the tenants' whose words make no difference
// to what follows, or are no common names of things, or are more. Words with numbers are values if
// there are several, and many words in one place with the same beneath.
#pragma once

#include "collectors/tap/shape_tree.h"

namespace hitwatch::tap {

// Makes the words that are values part of "any", at every level.
void fold_values(ShapeTree& tree);

}  // namespace hitwatch::tap
