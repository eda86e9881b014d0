package sqlstore_test

const childVariable = "SESSIONGEN_TEST_WRITER"

func writeUntilKilled(string) {}
