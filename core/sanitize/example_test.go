package sanitize_test

import (
	"fmt"
	"log/slog"

	"github.com/headgate-dev/headgate/core/sanitize"
)

func Example() {
	s, err := sanitize.New(sanitize.Options{})
	if err != nil {
		panic(err)
	}
	e := s.Encoder()
	defer e.Release()
	e.Record()

	event := e.AppendAttrs(nil, []slog.Attr{
		slog.Int("token_count", 512),
		slog.String("dbPassword", "correct horse"),
		slog.String("error", "cannot open /home/jane/flow.json for jane@example.org"),
		slog.String("ip", "81.2.69.142"),
	})
	fmt.Println(string(event))
	for _, f := range e.Findings() {
		fmt.Println(f.Path, f.Kind, f.Action)
	}
	// Output:
	// {"token_count":512,"dbPassword":"[redacted:password]","error":"cannot open /home/[redacted:user]/flow.json for [redacted:email]","ip":"81.2.69.0"}
	// dbPassword password redact
	// error user redact
	// error email redact
	// ip ip truncate
}
