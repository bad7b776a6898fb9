// Package config reads sinks.yaml: which events go where, and how.
//
// Reading is strict. An unknown key, a wrong type, a duplicate or a value out of range
// is a [Problem] with file, line, column and, where there is one, the nearest thing that
// would have been right; all problems of a file are found in one pass. What a key means
// is said once, by the tags of a struct: of [Settings] for the file itself, of a sink's
// own options for the sink. Decoding, the JSON Schema and the reference texts follow from them.
//
// Strings may refer to what is not in the file: ${VAR} and ${VAR:-default} to the
// environment, ${file:/path} to a file; $${ is a literal ${. A value put in so is never
// read as YAML again: it cannot add keys, and its own ${ stays as it is.
//
// Nothing in this package touches the network, and sinks are made only when they are
// needed: see [File.Core].
//
//go:generate go run ./internal/gendocs
package config
