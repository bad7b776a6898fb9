package consent

import "strings"

// optOut is the variable that the console do-not-track convention names.
const optOut = "DO_NOT_TRACK"

// Enabled reports whether the value of an opt-out variable or header opts out. Only
// a clear no does not (empty, 0, f, false, n, no, off, disabled, in any case and
// with space around): programs read such values in many ways, and whoever set one
// meant something by it.
func Enabled(value string) bool {
	value = strings.TrimSpace(value)
	for _, no := range [...]string{"", "0", "f", "false", "n", "no", "off", "disabled"} {
		if strings.EqualFold(value, no) {
			return false
		}
	}
	return true
}

// EnvPrefix returns what the environment variables of an application start with:
// its name in upper case, all but ASCII letters and digits replaced by "_", and a
// further "_". It is empty for an application without a name.
func EnvPrefix(app string) string {
	if app == "" {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		default:
			return '_'
		}
	}, app) + "_"
}

// variables returns the names of the environment variables that opt out.
func variables(app string) []string {
	names := []string{optOut, "HEADGATE_" + optOut}
	if own := EnvPrefix(app) + optOut; own != names[0] && own != names[1] {
		names = append(names, own)
	}
	return names
}
