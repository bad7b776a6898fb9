package suite

import (
	"context"

	"github.com/headgate-dev/headgate/bench/internal/report"
)

// The scrubbers that others refer to.
const rowSanitizer = "headgate"

// scrubber is something that takes out of JSON objects what is sensitive.
type scrubber struct {
	label, program, variant, module string
	// args are those of the program.
	args []string
	// every says to take only every so manieth row, and once, of what is slow.
	every int
	// keys says that it does not look at texts, so that none can keep it busy.
	keys bool
}

// cleaners are all scrubbers. Each has the settings of its documentation; how each is used is said in its program.
var cleaners = []scrubber{
	{label: rowSanitizer, program: "scrub/headgate"},
	{label: "gitleaks", program: "scrub/gitleaks", module: "github.com/zricethezav/gitleaks/v8"},
	{label: "betterleaks", program: "scrub/betterleaks", module: "github.com/betterleaks/betterleaks"},
	{label: "TruffleHog, nothing verified", program: "scrub/trufflehog", module: "github.com/trufflesecurity/trufflehog/v3"},
	{label: "detect-secrets, files", program: python, args: []string{"detect-secrets"}, module: "detect_secrets", every: 8},
	{label: "detect-secrets, single texts", program: python, args: []string{"detect-secrets-texts"}, module: "detect_secrets", every: 8},
	{label: "pii-shield", program: "scrub/piishield", module: "github.com/aragossa/pii-shield"},
	{label: "Presidio, no language model", program: python, args: []string{"presidio"}, module: "presidio_analyzer", every: 8},
	{label: "redact-pii", program: node, args: []string{"redact-pii"}, module: "redact-pii"},
	{label: "Collector's redaction processor, rules of its documentation", program: "scrub/otelredaction", module: redactionModule},
	{label: "Collector's redaction processor, rules of a careful operator", program: "scrub/otelredaction", variant: "rules", module: redactionModule},
	{label: "Datadog Agent's scrubber", program: "scrub/datadog", module: "github.com/DataDog/datadog-agent/pkg/util/scrubber"},
	{label: "Sentry SDK for Python, EventScrubber", program: python, args: []string{"sentry"}, module: "sentry_sdk", keys: true},
}

const redactionModule = "github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"

// scrubbers compares what scrubbers find in corpora of secrets, what they damage, and what they cost.
func scrubbers() Table {
	t := Table{Name: "scrubbers", Helpers: []string{referee}, Columns: found("generated"), Views: []View{
		{Name: "scrubbers-given", Columns: found("given")},
		{Name: "scrubber-costs", Columns: []report.Column{
			{Head: "CPU µs per value", Figure: "value", Unit: report.Micros},
			{Head: "allocations", Figure: "value allocs", Unit: report.Number},
			{Head: "CPU µs per event", Figure: "event", Unit: report.Micros},
			{Head: "allocations", Figure: "event allocs", Unit: report.Number},
			{Head: "CPU µs per reference event", Figure: "clean", Unit: report.Micros},
			{Head: "allocations", Figure: "clean allocs", Unit: report.Number},
			{Head: "64 KiB of one thing, MB/s", Figure: "hostile runs", Unit: report.Throughput},
			{Head: "64 KiB of any of nine things, MB/s", Figure: "hostile", Unit: report.Throughput},
			{Head: "peak MB", Figure: "peak", Unit: report.Bytes},
		}},
	}}
	for _, s := range cleaners {
		t.Rows = append(t.Rows, Row{
			Label: s.label, Program: s.program, Module: s.module, Once: s.every > 0,
			Run: func(ctx context.Context, b *Bench, label string) (map[string]float64, error) {
				return b.runScrubber(ctx, label, s)
			},
		})
	}
	return t
}

// found are the columns of what was found in a corpus.
func found(corpus string) []report.Column {
	return []report.Column{
		{Head: "found: all", Figure: corpus + " secrets", Unit: report.Share},
		{Head: "credentials", Figure: corpus + " credentials", Unit: report.Share},
		{Head: "personal data", Figure: corpus + " personal", Unit: report.Share},
		{Head: "harmless values changed", Figure: corpus + " changed", Unit: report.Share},
		{Head: "events without a leak", Figure: corpus + " dirty", Unit: report.Share},
		{Head: "clean events untouched", Figure: corpus + " clean", Unit: report.Share},
	}
}
