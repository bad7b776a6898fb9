package main

// The rules of the processor's documentation.
var (
	documentedKeys   = []string{".*token.*", ".*api_key.*"}
	documentedValues = []string{
		"4[0-9]{12}(?:[0-9]{3})?", // Visa
		"(5[1-5][0-9]{14})",       // Mastercard
		`(?:[0-9]{1,3}\.){3}[0-9]{1,3}`,
		"(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}",
	}
)

// The rules that a careful operator would write: keys that name credentials and personal data, and the values that
// regular expressions commonly look for.
var (
	carefulKeys = []string{
		`(?i)(passw(or)?d|passwd|passphrase|pwd|secret|api[-_.]?key|apikey|access[-_.]?key|private[-_.]?key|credential)`,
		`(?i)(^|[-_.])(auth|authorization|token|cookie|session|otp|pin|cvv|cvc)s?$|token$|cookie$|jwt`,
		`(?i)(^|[-_.])(e?mail|phone|mobile|ssn|iban|passport|first[-_.]?name|last[-_.]?name|full[-_.]?name|address|street|birth(day|date)?|dob|ip|ip[-_.]?address)$`,
	}
	carefulValues = []string{
		`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`,
		`\b(?:4[0-9]{3}|5[1-5][0-9]{2}|6011|3[47][0-9]{2})[ -]?[0-9]{4,6}[ -]?[0-9]{4,5}[ -]?[0-9]{0,4}\b`,
		`\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b`,
		`\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b`,
		`\+[0-9][0-9 ().-]{7,16}[0-9]`,
		`\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b`,
		`\b(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}\b`,
		`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`,
		`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`,
		`\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{20,}|AIza[A-Za-z0-9_-]{35}|npm_[A-Za-z0-9]{36})`,
		`(?i)\b(?:bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{8,}`,
		`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*`,
		`://[^/\s:@]+:[^/\s@]+@`,
		`(?i)\b(?:password|passwd|pwd|secret|token|api[-_]?key)["']?\s*[:=]\s*["']?[^\s"',;&]+`,
		`(?:/home/|/Users/|\\Users\\)[^/\\\s"']+`,
	}
)
