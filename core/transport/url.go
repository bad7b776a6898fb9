package transport

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// CheckURL reports what keeps a URL from being posted to: it must be absolute, and
// https, or http to this machine, or http to anywhere if allowInsecure. The error names
// the scheme and the host at most, never what could be a credential.
func CheckURL(raw string, allowInsecure bool) error {
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return errors.New("the URL has a space or a control character; percent-encode it")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("the URL cannot be parsed; want one like https://host/path")
	}
	switch {
	case u.Scheme == "" || u.Opaque != "" || u.Hostname() == "":
		return errors.New("the URL has no scheme or no host; want one like https://host/path")
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("the URL has scheme %q; want https", u.Scheme)
	case u.Scheme == "http" && !allowInsecure && !isLoopbackName(u.Hostname()):
		return fmt.Errorf("plain http to %q would show the events and credentials to the network; use https, or set allow_insecure: true for this sink", u.Host)
	}
	return nil
}

// isLoopbackName reports whether a host is this machine by its very name: a loopback
// address, or localhost and names under it (RFC 6761, section 6.3).
func isLoopbackName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// CheckHeader reports what keeps a header from being sent. The error names the header, not its value.
func CheckHeader(name, value string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isTokenRune(r) }) {
		return fmt.Errorf("%q is not a name for a header", name)
	}
	// RFC 9110, section 5.5: visible characters, space and tab. Line ends would start another header.
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return fmt.Errorf("the value of header %s has a control character", name)
	}
	return nil
}

// isTokenRune reports the characters of RFC 9110's token.
func isTokenRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}
