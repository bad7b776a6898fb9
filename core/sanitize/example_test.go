package sanitize_test

import (
	"fmt"
	"log"
	"log/slog"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// cleaned returns properties as a policy has them.
func cleaned(o sanitize.Options, props map[string]any) string {
	s, err := sanitize.New(o)
	if err != nil {
		log.Fatal(err)
	}
	enc := s.Encoder()
	defer enc.Release()
	return string(enc.AppendMap(nil, props))
}

// Without options, what looks like a secret or like a person is redacted, wherever it stands.
func ExampleSanitizer() {
	fmt.Println(cleaned(sanitize.Options{}, map[string]any{
		"plan": "pro", "password": "correct horse", "note": "call ann@example.com",
	}))
	// Output: {"note":"call [redacted:email]","password":"[redacted:password]","plan":"pro"}
}

// A stricter policy lets only known keys pass; another keeps what is redacted out altogether.
func ExampleOptions() {
	props := map[string]any{"plan": "pro", "project": "skunkworks", "mail": "ann@example.com"}
	fmt.Println(cleaned(sanitize.Options{DenyKeys: []string{"project"}}, props))
	fmt.Println(cleaned(sanitize.Options{Mode: "strict", AllowKeys: []string{"plan"}}, props))
	fmt.Println(cleaned(sanitize.Options{Action: "drop"}, props))
	// Output:
	// {"mail":"[redacted:email]","plan":"pro","project":"[redacted:denied_key]"}
	// {"plan":"pro"}
	// {"plan":"pro","project":"skunkworks"}
}

// Attributes of a log line are cleaned and encoded in one pass, without a map in between.
func ExampleEncoder() {
	s, err := sanitize.New(sanitize.Options{})
	if err != nil {
		log.Fatal(err)
	}
	enc := s.Encoder()
	defer enc.Release()
	fmt.Println(string(enc.AppendAttrs(nil, []slog.Attr{slog.Int("seconds", 3), slog.String("from", "ann@example.com")})))
	// Output: {"seconds":3,"from":"[redacted:email]"}
}

// What was changed, and why, is told without the value.
func ExampleFinding() {
	s, err := sanitize.New(sanitize.Options{})
	if err != nil {
		log.Fatal(err)
	}
	enc := s.Encoder()
	defer enc.Release()
	enc.Record()
	enc.AppendMap(nil, map[string]any{"user": map[string]any{"mail": "ann@example.com"}})
	var finding sanitize.Finding
	for _, finding = range enc.Findings() {
		fmt.Println(finding.Path, finding.Kind, finding.Action == string(sanitize.Redact))
	}
	// Output: user.mail email true
}

// How much is found, and of which kind, is counted for a metric.
func ExampleTally() {
	s, err := sanitize.New(sanitize.Options{})
	if err != nil {
		log.Fatal(err)
	}
	var tally sanitize.Tally
	s.CountIn(&tally)
	for _, text := range []string{"ann@example.com", "bob@example.com", "nothing"} {
		enc := s.Encoder()
		enc.AppendMap(nil, map[string]any{"text": text})
		enc.Release()
	}
	fmt.Println(tally.Counts())
	// Output: map[email:2]
}
