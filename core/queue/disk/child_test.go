package disk_test

import "os"

// childVariable names the part of a test that is to run in a process of its own.
const childVariable = "HEADGATE_DISK_CHILD"

// children are those parts.
var children = map[string]func(args []string){}

// child runs such a part if this process is for one.
func child() {
	if run := children[os.Getenv(childVariable)]; run != nil {
		run(os.Args[1:])
		os.Exit(0)
	}
}
