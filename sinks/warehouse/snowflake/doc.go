// Package snowflake writes the rows of the warehouse sink to Snowflake, through
// gosnowflake v1. It is linked into a program that imports it:
//
//	import _ "github.com/headgate-dev/headgate/sinks/warehouse/snowflake"
//
// # Writing
//
// A batch is one statement, and so all of it is written or nothing: a MERGE whose source is one
// bound text, the JSON array of its rows, flattened. It leaves out rows whose id the table
// has among the rows received within dedupe_window before and after those of the batch,
// by headgate's own clock. So what is sent again after a lost answer, a crash or a replay
// is there once, and Snowflake reads a day or two of the ids rather than all. dedupe: none
// inserts without looking. A statement has at most a megabyte, unless one row is larger.
//
// Each statement has an id made of the batch, which is the same when it is sent again with its
// outcome not known. Snowflake says of such ids that it executes them once; nothing here
// depends on it, but with dedupe: none it is all there is.
//
// # Signing in
//
// By key pair (private_key_file or private_key: RSA in PKCS#8, also encrypted by PBES2 as
// openssl does, or PKCS#1), by a programmatic access token (token_file or token), or by
// password, of which headgate warns, for Snowflake is ending that for programs. A DSN of
// gosnowflake is taken with the parameters that say where and who, OAuth tokens among
// them; any other is refused, because some print statements with what is bound to them or
// end the process. There is no sign-in by browser, Okta or workload identity. Files of
// credentials are read at each sign-in.
//
// # What is called
//
// The host of the account, and no other: gosnowflake is given a transport that refuses any
// other, follows no redirect and bounds every wait. It does without OCSP, with which gosnowflake
// asks certificate authorities over plain http; certificates are verified against the
// roots of the system. HTTP_PROXY, HTTPS_PROXY and NO_PROXY are followed. gosnowflake's
// telemetry and its search for cloud metadata services are off. The sign-in
// itself tells Snowflake operating system, versions and the path of the program.
//
// # What is global
//
// Two environment variables are set when the package is linked, unless they are set
// already: SF_DISABLE_MINICORE and SNOWFLAKE_DISABLE_PLATFORM_DETECTION, see package
// internal/quiet. Opening a driver discards the output of gosnowflake's logger, which would
// print failing statements to stderr; a host that uses gosnowflake itself sets its own
// output afterwards. gosnowflake registers itself with database/sql as "snowflake"; this
// package does not use that. A file sf_client_config.json in the home directory, or beside
// the program, configures gosnowflake's logging in any program and is left to do so:
// with level debug it has values of events.
//
// # What has been tried
//
// The statements and the protocol have been tried with the real gosnowflake against an
// in-memory account (internal/fakeflake), and against fakesnow, an emulator by others that
// executes them on DuckDB (make test-emulators). They have not been tried against
// Snowflake: that is what HEADGATE_SNOWFLAKE_DSN is for, see live_test.go. Known from
// documents alone are the meaning of error numbers, the treatment of request ids, and
// that MERGE statements on a table wait for one another.
package snowflake
