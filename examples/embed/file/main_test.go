package main

func Example() {
	main()
	// Output:
	// [TELEMETRY] Endpoint: run
	// [TELEMETRY] Payload: {"seconds":3}
}
