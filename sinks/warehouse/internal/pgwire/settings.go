package pgwire

import (
	"cmp"
	"errors"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// settings are the parameters of a connection by their names in libpq:
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
type settings map[string]string

// Validate finds what is wrong with the options of a connection.
func Validate(c warehouse.Config) error {
	_, err := settingsOf(c, anyPort)
	return err
}

// anyPort stands for the engine's own where only the options are looked at.
const anyPort = 1

// settingsOf reads the options, without a look at the machine. Its errors carry nothing of
// a connection string.
func settingsOf(c warehouse.Config, port int) (settings, error) {
	if !c.Password.IsZero() && c.PasswordFile != "" {
		return nil, registry.Field("password_file", "password is given already; give one of them")
	}
	s := settings{}
	if !c.DSN.IsZero() {
		if key := besideDSN(c); key != "" {
			return nil, registry.Field(key, "it belongs into dsn, which is given")
		}
		var err error
		if s, err = parseDSN(c.DSN.Reveal()); err != nil {
			return nil, registry.Field("dsn", err.Error())
		}
		if c.PasswordFile != "" && s["password"] != "" {
			return nil, registry.Field("password_file", "dsn has a password already; give one of them")
		}
	} else if c.Host == "" {
		return nil, registry.Field("host", "missing: give host, or dsn")
	}
	s.set("host", c.Host)
	s.set("user", c.User)
	s.set("dbname", c.Database)
	s.set("password", c.Password.Reveal())
	s.set("sslrootcert", c.CAFile)
	if c.Port != 0 {
		s.set("port", strconv.Itoa(c.Port))
	}
	if c.SSLMode != nil {
		s.set("sslmode", *c.SSLMode)
	}
	s.fill(port)
	return s, s.check()
}

// besideDSN returns an option that says what a connection string should say itself.
func besideDSN(c warehouse.Config) string {
	for _, o := range []struct {
		key   string
		given bool
	}{
		{"host", c.Host != ""}, {"port", c.Port != 0}, {"database", c.Database != ""}, {"user", c.User != ""},
		{"password", !c.Password.IsZero()}, {"sslmode", c.SSLMode != nil}, {"ca_file", c.CAFile != ""},
	} {
		if o.given {
			return o.key
		}
	}
	return ""
}

func (s settings) set(key, value string) {
	if value != "" {
		s[key] = value
	}
}

// fill adds what was not said.
func (s settings) fill(port int) {
	s["application_name"] = cmp.Or(s["application_name"], "headgate")
	s["client_encoding"] = "UTF8" // that of a row
	ports := strings.Split(s["port"], ",")
	for i := range ports {
		ports[i] = cmp.Or(ports[i], strconv.Itoa(port))
	}
	s["port"] = strings.Join(ports, ",")
	if s["sslmode"] == "" {
		s["sslmode"] = "verify-full"
		if s["sslrootcert"] == "" && len(s.others()) == 0 {
			s["sslmode"] = "disable"
		}
	}
	// One of several servers that does not answer must leave time for the others.
	if len(s.hosts()) > 1 && s["connect_timeout"] == "" {
		s["connect_timeout"] = "3"
	}
	// Settings of the library that many connection strings are written for.
	maps.DeleteFunc(s, func(key, _ string) bool {
		return strings.HasPrefix(key, "pool_") || slices.Contains(librarySettings, key)
	})
}

// librarySettings are those that the server would refuse to know.
var librarySettings = []string{"default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity"}

var sslModes = []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}

func (s settings) check() error {
	if mode := s["sslmode"]; !slices.Contains(sslModes, mode) {
		return registry.Field("dsn", "sslmode is none of "+strings.Join(sslModes, ", "))
	}
	for port := range strings.SplitSeq(s["port"], ",") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return registry.Field("dsn", "the port is not a number from 1 to 65535; percent-encode a password that has one of @ : / ? # in it")
		}
	}
	return nil
}

func (s settings) hosts() []string { return strings.Split(s["host"], ",") }

// others returns the hosts that are not this machine.
func (s settings) others() []string {
	return slices.DeleteFunc(s.hosts(), isThisMachine)
}

// plain reports whether events and credentials may be sent unencrypted.
func (s settings) plain() bool {
	switch s["sslmode"] {
	case "disable", "allow", "prefer":
		return true
	}
	return false
}

// isThisMachine reports whether a host is one by its very name: the directory of a socket,
// a loopback address, or localhost (RFC 6761, section 6.3).
func isThisMachine(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" || host[0] == '/' || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// dsn returns the settings as a connection string.
func (s settings) dsn() string {
	var b strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for _, key := range slices.Sorted(maps.Keys(s)) {
		b.WriteString(key + "='" + escape.Replace(s[key]) + "' ")
	}
	return b.String()
}

// parseDSN reads a connection string in either notation.
func parseDSN(dsn string) (settings, error) {
	s := settings{}
	var err error
	if rest, ok := cutScheme(dsn); ok {
		err = s.parseURL(rest)
	} else {
		err = s.parseWords(dsn)
	}
	if err != nil {
		return nil, err
	}
	for key, value := range s {
		if !isKeyword(key) || strings.ContainsRune(value, 0) {
			return nil, errors.New(dsnForms)
		}
	}
	return s, nil
}

const dsnForms = "want postgres://user:password@host:5432/database?sslmode=verify-full, or host=… user=… dbname=…; percent-encode what is special in a URL"

func cutScheme(dsn string) (rest string, ok bool) {
	for _, scheme := range []string{"postgres://", "postgresql://", "redshift://"} {
		if rest, ok = strings.CutPrefix(dsn, scheme); ok {
			return rest, true
		}
	}
	return "", false
}

func isKeyword(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '.'
	})
}

// parseURL reads what follows the scheme: [user[:password]@][host[:port],…][/database][?key=value&…].
// Package net/url knows no list of hosts.
func (s settings) parseURL(rest string) error {
	rest, query, _ := strings.Cut(rest, "?")
	authority, database, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, password, _ := strings.Cut(authority[:at], ":")
		authority = authority[at+1:]
		if err := s.unescape("user", user, "password", password); err != nil {
			return err
		}
	}
	var hosts, ports []string
	for part := range strings.SplitSeq(authority, ",") {
		host, port := part, ""
		if colon := strings.LastIndexByte(part, ':'); colon > strings.LastIndexByte(part, ']') {
			host, port = part[:colon], part[colon+1:]
		}
		hosts, ports = append(hosts, strings.Trim(host, "[]")), append(ports, port)
	}
	if err := s.unescape("host", strings.Join(hosts, ","), "dbname", database); err != nil {
		return err
	}
	if list := strings.Join(ports, ","); strings.Trim(list, ",") != "" {
		s["port"] = list
	}
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key == "" {
			continue
		}
		if err := s.unescape(canonical(key), value); err != nil {
			return err
		}
	}
	if s["ssl"] == "true" {
		s["sslmode"] = "require"
	}
	delete(s, "ssl")
	return nil
}

// unescape sets keys to values that are percent-encoded.
func (s settings) unescape(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		value, err := url.PathUnescape(pairs[i+1])
		if err != nil {
			return errors.New(dsnForms)
		}
		s.set(pairs[i], value)
	}
	return nil
}

func canonical(key string) string {
	if key == "database" {
		return "dbname"
	}
	return key
}

// parseWords reads key=value pairs with spaces between them, the values quoted by ' if need be.
func (s settings) parseWords(text string) error {
	const space = " \t\n\r\v\f"
	for text = strings.TrimLeft(text, space); text != ""; text = strings.TrimLeft(text, space) {
		key, rest, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New(dsnForms)
		}
		value, after, ok := cutValue(strings.TrimLeft(rest, space))
		if !ok {
			return errors.New(dsnForms)
		}
		s.set(canonical(strings.TrimRight(key, space)), value)
		text = after
	}
	return nil
}

// cutValue takes a value from the start of a text. A backslash stands before a character
// that is meant literally.
func cutValue(text string) (value, rest string, ok bool) {
	end := " \t\n\r\v\f"
	quoted := strings.HasPrefix(text, "'")
	if quoted {
		text, end = text[1:], "'"
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case strings.IndexByte(end, text[i]) >= 0:
			return b.String(), text[i+1:], true
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), "", !quoted
}
