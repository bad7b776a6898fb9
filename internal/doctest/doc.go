// Package doctest holds the tests of what the documentation shows: every
// configuration is loaded, every program compiled, every command looked up.
package doctest
