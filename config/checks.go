package config

import (
	"errors"
	"fmt"
	"net"
	"path"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// checkSettings finds what the tags of [Settings] cannot say.
func (d *decoder) checkSettings(r *registry.Registry, s *Settings, at places) {
	root := position{1, 1}
	d.checkAddress("server.listen", s.Server.Listen, at)
	d.checkAddress("admin.listen", s.Admin.Listen, at)
	if tls := s.Server.TLS; (tls.CertFile == "") != (tls.KeyFile == "") && at.settled("server.tls.cert_file", "server.tls.key_file") {
		d.problem(at.find("server.tls", root), "", "tls: give cert_file and key_file, or neither")
	}
	const origins = "server.cors.allowed_origins"
	for _, origin := range s.Server.CORS.AllowedOrigins {
		if origin == "" || strings.Contains(origin, "*") {
			d.problem(at.find(origins, root), "", "allowed_origins: want exact origins such as https://app.example.com, got %s", at.shown(origins, origin))
		}
	}
	d.checkQueue(r, &s.Queue, at)
	d.checkPrivacy(&s.Privacy, at, root)
}

// checkAddress accepts what a TCP listener does, with a numeric port.
func (d *decoder) checkAddress(path, address string, at places) {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || strings.ContainsAny(host, " /") {
		d.problem(at.find(path, position{1, 1}), "", "listen: want HOST:PORT such as 127.0.0.1:8430, got %s", at.shown(path, address))
	}
}

// minHashKey is what the sanitiser wants of the key of an HMAC.
const minHashKey = 32

// allowUnsanitized is the variable without which cleaning cannot be turned off: a file
// that is passed around must not be enough.
const allowUnsanitized = "HEADGATE_ALLOW_UNSANITIZED"

func (d *decoder) checkPrivacy(p *Privacy, at places, root position) {
	if p.Sanitize == "off" {
		if allowed, _ := d.lookup(allowUnsanitized); allowed != "1" && !d.tolerant {
			d.problem(at.find("privacy.sanitize", root), "", `sanitize: "off" is refused unless the environment has %s=1`, allowUnsanitized)
		}
	}
	if !at.settled("privacy.hash_key", "privacy.hash_key_file") {
		return
	}
	if p.HashKeyFile != "" {
		d.readHashKeys(p, at.find("privacy.hash_key_file", root), at["privacy"].in["hash_key_file"].reference)
		return
	}
	switch n := len(p.HashKey.Reveal()); {
	case n == 0 && p.Action == "hash":
		d.problem(at.find("privacy.action", root), "", `action: "hash" needs a hash_key, or a hash_key_file`)
	case n > 0 && n < minHashKey:
		d.problem(at.find("privacy.hash_key", root), "", "hash_key: want at least %d bytes, got %d", minHashKey, n)
	}
}

// readHashKeys reads the file of the keys of pseudonyms. The reference is what names it, if that is not
// all in the file.
func (d *decoder) readHashKeys(p *Privacy, at position, reference string) {
	if !p.HashKey.IsZero() {
		d.problem(at, "", "hash_key_file: hash_key is given already; give one of them")
		return
	}
	var err error
	d.hashKeys, err = core.ReadHashKeys(p.HashKeyFile)
	switch {
	case err == nil:
	case d.tolerant:
		d.unresolved = true
	case reference != "" && errors.Unwrap(err) != nil: // the path may be a key that was put in its place
		d.problem(at, "", "hash_key_file: read the hash keys in the value of %s: %s", reference, errors.Unwrap(err))
	default:
		d.problem(at, "", "hash_key_file: %s", err)
	}
}

// checkPolicies finds what sinks ask of privacy that cannot be had.
func (d *decoder) checkPolicies(f *File) {
	if d.unresolved {
		return
	}
	for i := range f.sinks {
		s := &f.sinks[i]
		if s.options == nil || s.places.anyOpen() {
			continue
		}
		if err := s.delivery.Privacy.policy().Check(s.descriptor.ReachOf(s.options), f.sanitizing()); err != nil {
			d.problem(s.places.find("privacy", s.at), "", "%s", err)
		}
	}
}

// checkGlobs finds what is no glob, or none to exclude, in the list of a key, if the mapping gives it.
func (d *decoder) checkGlobs(key string, globs []string, found places) {
	for _, glob := range globs {
		pattern := strings.TrimPrefix(glob, "!")
		if _, err := path.Match(pattern, ""); (err != nil || pattern == "") && found.has(key) {
			d.problem(found[key].value, "", "%s: %s is no glob; want a name in which * stands for anything", key, found.shown(key, glob))
		}
	}
}

// checkDelivery finds what the tags of the core's keys cannot say. What the keys of a
// mapping do not say comes from elsewhere, and has been checked there.
func (d *decoder) checkDelivery(k *delivery, found places) {
	d.checkGlobs("events", k.Events, found)
	d.compile(k, found)
	d.checkEdit(k, found)
	if k.Retry.Initial > k.Retry.Max && found.has("retry") && found.settled("retry.initial", "retry.max") {
		d.problem(found["retry"].value, "", "retry: initial (%s) is more than max (%s)", k.Retry.Initial, k.Retry.Max)
	}
}

// checkLimits holds what the file says of a batch against what the destination takes.
// A sink's own keys must be within it; defaults for all sinks are cut to it.
func (d *decoder) checkLimits(s *sink, limits core.Limits, base places) {
	if limit, events := limits.MaxEvents, s.delivery.Batch.MaxEvents; events != nil && limit > 0 && *events > limit {
		d.overLimit(s, base, "batch.max_events", fmt.Sprintf("%d events", limit))
		s.delivery.Batch.MaxEvents = &limit
	}
	if limit, bytes := registry.Size(limits.MaxBytes), s.delivery.Batch.MaxBytes; bytes != nil && limit > 0 && *bytes > limit {
		d.overLimit(s, base, "batch.max_bytes", limit.String())
		s.delivery.Batch.MaxBytes = &limit
	}
	if limit := limits.MaxConcurrency; limit > 0 && s.delivery.Concurrency > limit {
		d.overLimit(s, base, "concurrency", fmt.Sprintf("%d requests at once", limit))
		s.delivery.Concurrency = limit
	}
}

func (d *decoder) overLimit(s *sink, base places, path, limit string) {
	key := path[strings.LastIndex(path, ".")+1:]
	if s.places.has(path) {
		d.problem(s.places.find(path, s.at), "", "%s: above the limit of %s, which takes at most %s", key, s.descriptor.Type, limit)
		return
	}
	d.warn(base.find(path, s.at), "%s: cut for sink %q: %s takes at most %s", key, s.name, s.descriptor.Type, limit)
}

// shown returns text for a message, or what it came from if that is not the file.
func (p places) shown(path, text string) string {
	key, rest, nested := strings.Cut(path, ".")
	switch at := p[key]; {
	case nested:
		return at.in.shown(rest, text)
	case at.reference != "":
		return "the value of " + at.reference
	}
	return strconv.Quote(clip(text))
}

// settled reports whether the values at paths are known, be it by default.
func (p places) settled(paths ...string) bool {
	for _, path := range paths {
		key, rest, nested := strings.Cut(path, ".")
		at := p[key]
		if at.open || nested && !at.in.settled(rest) {
			return false
		}
	}
	return true
}
