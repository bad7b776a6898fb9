// Package browsertest tries the admin page and the script for browsers in a headless
// Chromium, against a server with real events.
package browsertest
