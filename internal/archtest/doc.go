// Package archtest holds the tests of the shape of this repository: which package
// may import which, what must be documented, how long a file may be.
package archtest
