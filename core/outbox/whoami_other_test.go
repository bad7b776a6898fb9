//go:build !linux

package outbox

// whoAmI cannot tell.
func whoAmI() string { return "" }
