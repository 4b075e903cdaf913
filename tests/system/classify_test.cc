// `hitwatch classify`: what becomes of keys, as people and scripts see it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

class ClassifyTest : public testing::Test {
 protected:
  // With the configuration below and these further arguments.
  Finished classify(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {hitwatch_binary(), "classify", "--config", config_});
    return run_to_end(std::move(arguments));
  }
  // With standard input from a shell command.
  Finished classify_output_of(const std::string& command, const std::string& flags = "") const {
    return run_to_end(
        {"sh", "-c",
         command + " | " + hitwatch_binary() + " classify --config " + config_ + " " + flags});
  }

  TempDir dir_;
  std::string config_ = dir_.write("hitwatch.yaml",
                                   "keys:\n"
                                   "  patterns:\n"
                                   "    - {match: 'catalog:{tenant}:packages', type: list}\n"
                                   "    - {match: 'session:{id}'}\n"
                                   "    - {match: '{type}:{tenant}:{id}', tenant: required}\n");
};

TEST_F(ClassifyTest, EachKeyIsALineOfTenantTypePatternAndKey) {
  const Finished finished = classify({"catalog:acme:packages", "session:1", "order::7", "other"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_EQ(finished.output,
            "acme\tlist\tcatalog:{tenant}:packages\tcatalog:acme:packages\n"
            "-\tsession\tsession:{id}\tsession:1\n"
            "!missing\torder\t{type}:{tenant}:{id}\torder::7\n"
            "-\tunclassified\t-\tother\n");
}

TEST_F(ClassifyTest, KeysMayLookLikeOptionsAndLists) {
  const Finished finished = classify({"[a,b]", "{}", "", "--", "-x", "--config"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_EQ(finished.output,
            "-\tunclassified\t-\t[a,b]\n-\tunclassified\t-\t{}\n-\tunclassified\t-\t\n-"
            "\tunclassified\t-\t-x\n-\tunclassified\t-\t--config\n");
}

TEST_F(ClassifyTest, UnknownOptionsAreNoKeys) {
  const Finished finished = classify({"a:b:c", "--explian"});
  EXPECT_EQ(finished.code, 2);
  EXPECT_TRUE(finished.output.contains("--explian")) << finished.output;
}

TEST_F(ClassifyTest, KeysMayHaveTheNamesOfCommands) {
  EXPECT_EQ(classify({"run", "version"}).output,
            "-\tunclassified\t-\trun\n-\tunclassified\t-\tversion\n");
}

TEST_F(ClassifyTest, ExplainSaysWhyEarlierPatternsDoNotMatch) {
  const Finished finished = classify({"--explain", "order:acme:7", "catalog:acme:packages"});
  EXPECT_EQ(finished.output,
            "acme\torder\t{type}:{tenant}:{id}\torder:acme:7\n"
            "  not catalog:{tenant}:packages: 'catalog:' does not stand at the beginning\n"
            "  not session:{id}: 'session:' does not stand at the beginning\n"
            "acme\tlist\tcatalog:{tenant}:packages\tcatalog:acme:packages\n");
}

TEST_F(ClassifyTest, KeysComeFromTheStandardInputToo) {
  const Finished finished = classify_output_of(R"(printf 'a:b:c\r\n\nd:e:f')");
  EXPECT_EQ(finished.code, 0);
  EXPECT_EQ(finished.output,
            "b\ta\t{type}:{tenant}:{id}\ta:b:c\n"
            "-\tunclassified\t-\t\n"
            "e\td\t{type}:{tenant}:{id}\td:e:f\n");
}

TEST_F(ClassifyTest, KeysThatEndWithNulMayHoldNewlines) {
  for (const char* flag : {"-0", "--null"}) {
    const Finished finished = classify_output_of(R"(printf 'a\n:b:c\r\0x:y:z\0')", flag);
    EXPECT_EQ(finished.output,
              "b\ta\\x0A\t{type}:{tenant}:{id}\ta\\x0A:b:c\\x0D\n"
              "y\tx\t{type}:{tenant}:{id}\tx:y:z\n");
  }
}

TEST_F(ClassifyTest, WhatCannotBePrintedIsEscaped) {
  const Finished finished = classify({"a:t\xc3\xa9\x1b[1m:\xff\xc2\x9b\t\x7f"});
  EXPECT_EQ(finished.output,
            "t\xc3\xa9\\x1B[1m\ta\t{type}:{tenant}:{id}\t"
            "a:t\xc3\xa9\\x1B[1m:\\xFF\\xC2\\x9B\\x09\\x7F\n");
}

TEST_F(ClassifyTest, LongKeysAreTakenAndLongerOnesNamed) {
  const std::string longest = "head -c 1048570 /dev/zero | tr '\\0' x";
  const Finished taken = classify_output_of("(printf 'a:b:cc'; " + longest + ")");
  EXPECT_EQ(taken.code, 0);
  EXPECT_TRUE(taken.output.starts_with("b\ta\t")) << taken.output.substr(0, 200);

  const Finished refused =
      classify_output_of("(echo a:b:c; printf 'a:b:ccc'; " + longest + "; echo; echo d:e:f)");
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(refused.output.contains("line 2 is longer than 1 MiB")) << refused.output;
  EXPECT_TRUE(refused.output.contains("e\td\t")) << "keys after it are still read";
  EXPECT_LT(refused.output.size(), 1'000U);
}

TEST_F(ClassifyTest, AnswersDoNotWaitForTheEndOfTheInput) {
  const std::string answered = dir_.path("answered");
  // The input ends only when the first answer was seen.
  const Finished finished = run_to_end(
      {"sh", "-c",
       "(echo a:b:c; for i in $(seq 200); do test -s " + answered + " && break; sleep 0.1; done; " +
           "test -s " + answered + " && echo d:e:f) | " + hitwatch_binary() +
           " classify --config " + config_ + " > " + answered + "; cat " + answered});
  EXPECT_TRUE(finished.output.contains("e\td\t")) << finished.output;
}

TEST_F(ClassifyTest, WithoutPatternsItSaysWhatToDo) {
  const std::string empty = dir_.write("empty.yaml", "{}\n");
  const Finished finished = run_to_end({hitwatch_binary(), "classify", "--config", empty, "a"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_TRUE(finished.output.contains("keys.patterns")) << finished.output;
}

TEST_F(ClassifyTest, AFaultyConfigurationIsShownWithItsPlace) {
  const std::string file = dir_.write("bad.yaml", "keys: {patterns: [{match: 'a*b'}]}\n");
  const Finished finished = run_to_end({hitwatch_binary(), "classify", "--config", file, "a"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_TRUE(finished.output.contains(file + ":1:27: keys.patterns[0].match:")) << finished.output;
}

TEST_F(ClassifyTest, OutputThatCannotBeWrittenIsAFailure) {
  const Finished finished = classify_output_of("echo a:b:c", "> /dev/full");
  EXPECT_EQ(finished.code, 1);
  EXPECT_TRUE(finished.output.contains("cannot write")) << finished.output;
}

TEST_F(ClassifyTest, CheckConfigWarnsOfAmbiguousPatterns) {
  const std::string file = dir_.write("ambiguous.yaml",
                                      "keys:\n"
                                      "  patterns:\n"
                                      "    - {match: '{type}:{tenant}:x'}\n"
                                      "    - {match: '{type}:a:{tenant}'}\n");
  const Finished finished = run_to_end({hitwatch_binary(), "check", "config", file});
  EXPECT_EQ(finished.code, 0);
  EXPECT_TRUE(finished.output.contains("warning: " + file + ":4:15:")) << finished.output;
  EXPECT_TRUE(finished.output.contains("valid")) << finished.output;
}

}  // namespace
}  // namespace hitwatch::test
