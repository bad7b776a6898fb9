package snowflake

// childTask names, in the environment, what a child process is to do instead of the tests.
const childTask = "HEADGATE_SNOWFLAKE_TEST_CHILD"

var childTasks = map[string]func(){}
