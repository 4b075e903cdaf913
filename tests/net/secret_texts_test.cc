// What others say is shown without what they were told in confidence.
#include "agent/net/secret_texts.h"

#include <gtest/gtest.h>

#include "agent/net/base64.h"

namespace hitwatch::net {
namespace {

std::string shown_after_header(std::string_view value, std::string_view text) {
  SecretTexts secrets;
  secrets.add_header(value);
  return secrets.hidden_in(text);
}

std::string shown_after_url(std::string_view url, std::string_view text) {
  SecretTexts secrets;
  secrets.add_url(url);
  return secrets.hidden_in(text);
}

TEST(SecretTexts, WithoutAnyATextStays) {
  SecretTexts secrets;
  EXPECT_TRUE(secrets.empty());
  secrets.add("");
  EXPECT_TRUE(secrets.empty());
  EXPECT_EQ(secrets.hidden_in("all of it"), "all of it");
}

TEST(SecretTexts, NoPartOfALongerOneIsLeft) {
  SecretTexts secrets;
  secrets.add("abc");
  secrets.add("abcdef");
  secrets.add("abc");
  EXPECT_EQ(secrets.hidden_in("abcdef, abcde"), "<secret>, <secret>de");
}

TEST(SecretTexts, NoPartOfTwoThatOverlapIsLeft) {
  SecretTexts secrets;
  secrets.add("abcd");
  secrets.add("cdefgh");
  EXPECT_EQ(secrets.hidden_in("xabcdefghx"), "x<secret>x");
}

TEST(SecretTexts, WhatStandsForOneIsNotReadAgain) {
  SecretTexts secrets;
  secrets.add("token");
  secrets.add("e");
  EXPECT_EQ(secrets.hidden_in("a token"), "a <secret>");
}

TEST(SecretTexts, OfAHeaderWhatFollowsTheSchemeIsOne) {
  EXPECT_EQ(shown_after_header("Bearer abc123", "invalid token abc123"), "invalid token <secret>");
  EXPECT_EQ(shown_after_header("Bearer abc123", "Bearer abc123 is bad"), "<secret> is bad");
  EXPECT_EQ(shown_after_header("token  abc123 ", "abc123?"), "<secret>?");
}

TEST(SecretTexts, OfBasicCredentialsWhatIsEncodedIs) {
  const std::string value = "Basic " + base64_encode("ann:pa:ss");
  EXPECT_EQ(shown_after_header(value, "ann:pa:ss"), "<secret>");
  EXPECT_EQ(shown_after_header(value, "ann may not enter with pa:ss"),
            "ann may not enter with <secret>");
  EXPECT_EQ(shown_after_header("bAsIc " + base64_encode("key1:"), "no key1"), "no <secret>");
  EXPECT_EQ(shown_after_header("Basic !", "! Basic"), "<secret> Basic") << "what is not base64";
}

TEST(SecretTexts, OfOtherHeadersLongParts) {
  EXPECT_EQ(
      shown_after_header("https://tokentoken@host.example/1", "project tokentoken is no more"),
      "project <secret> is no more");
  EXPECT_EQ(shown_after_header("key=abcdefgh, team=ops", "abcdefgh is of team ops"),
            "<secret> is of team ops");
}

TEST(SecretTexts, OfAUrlItsPathAndQueryAndTheirPartsAre) {
  const char* url = "https://host.example:4318/in/T0123456/x?api-key=abcdefg%2Bhi&a=b";
  EXPECT_EQ(shown_after_url(url, url), "<secret>");
  EXPECT_EQ(shown_after_url(url, "no /in/T0123456/x here"), "no <secret> here");
  EXPECT_EQ(shown_after_url(url, "T0123456 or abcdefg%2Bhi"), "<secret> or <secret>");
  EXPECT_EQ(shown_after_url(url, "key abcdefg+hi"), "key <secret>");
  EXPECT_EQ(shown_after_url(url, "host.example:4318 refuses a=b"), "host.example:4318 refuses a=b");
  EXPECT_EQ(shown_after_url("http://host.example/", "GET / of host.example"),
            "GET / of host.example");
}

TEST(SecretTexts, WhatIsNoUrlIsHiddenWhole) {
  EXPECT_EQ(shown_after_url("not a url", "not a url is"), "<secret> is");
}

}  // namespace
}  // namespace hitwatch::net
