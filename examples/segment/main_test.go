package main

import "os"

func Example() {
	os.Stderr = os.Stdout // which is what is compared
	main()
	// Output:
	// [TELEMETRY] Endpoint: identify
	// [TELEMETRY] Payload: {"plan":"Enterprise"}
	// [TELEMETRY] Endpoint: run
	// [TELEMETRY] Payload: {"seconds":3}
}
