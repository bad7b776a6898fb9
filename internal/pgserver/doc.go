// Package pgserver runs a PostgreSQL server of its own for the tests of one package: a
// new cluster in a private directory, on the loopback interface, that can be killed,
// started again and reached through a proxy that cuts connections.
//
//	var server *pgserver.Server
//
//	func TestMain(m *testing.M) { pgserver.Main(m, &server) }
//
//	func TestSomething(t *testing.T) {
//		dsn := server.Need(t).Database(t)
//
// The programs of PostgreSQL are looked for on the PATH, in the directory that PGBIN
// names, and where Linux distributions put them. Where there are none, tests that need
// the server are skipped, unless CI or HEADGATE_REQUIRE_SERVICES is set: then they fail.
package pgserver
