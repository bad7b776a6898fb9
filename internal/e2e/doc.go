// Package e2e tests headgate as a whole: a configuration, the front door, and
// destinations that misbehave.
package e2e
