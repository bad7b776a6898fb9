package metrics

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Type says which instrument a metric is.
type Type string

// The types of metric.
const (
	// TypeCounter only goes up.
	TypeCounter Type = "counter"
	// TypeUpDownCounter goes up and down by differences.
	TypeUpDownCounter Type = "up_down_counter"
	// TypeHistogram counts values by how large they are.
	TypeHistogram Type = "histogram"
	// TypeObservableGauge is the last value that was set, for every set of labels.
	TypeObservableGauge Type = "observable_gauge"
)

// article is how error messages name a type.
var article = map[Type]string{
	TypeCounter: "a counter", TypeUpDownCounter: "an up down counter", TypeHistogram: "a histogram", TypeObservableGauge: "a gauge",
}

// Definition declares a metric.
type Definition struct {
	// Name is the OpenTelemetry name, such as "file_uploads". In Prometheus the unit is added
	// to it, and "_total" if it is a counter: file_uploads_bytes.
	Name string
	// Description says in a sentence what is measured. It is the HELP of Prometheus.
	Description string
	// Unit is a UCUM unit such as "s" or "By", or a word such as "bytes". Empty: a number.
	Unit string
	Type Type
	// Labels are the labels the metric has, and whether each is mandatory. There must be one.
	Labels map[string]bool

	// Buckets are the upper bounds of a histogram, ascending. If nil they suit the unit: from
	// 5 ms to 10 s for "s", from 256 bytes to 256 MiB for "By" and "bytes", and those of
	// OpenTelemetry (0 to 10000) else.
	Buckets []float64
	// MaxSeries bounds the sets of labels; [Options.MaxSeries] if zero, and never more.
	MaxSeries int
	// Expiry is how long a gauge shows a set of labels that is not set again; for ever if zero.
	Expiry time.Duration
}

// Base returns the two metrics that every registry has, unless its options define their
// names otherwise: those of Langflow's telemetry service.
func Base() []Definition {
	return []Definition{
		{
			Name: "file_uploads", Description: "The uploaded file size in bytes", Unit: "bytes",
			Type: TypeObservableGauge, Labels: map[string]bool{"flow_id": true},
		},
		{
			Name: "num_files_uploaded", Description: "The number of file uploaded",
			Type: TypeCounter, Labels: map[string]bool{"flow_id": true},
		},
	}
}

var (
	// https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax
	metricName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.\-/]{0,254}$`)
	// https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-unit
	unitText = regexp.MustCompile(`^[ -~]{0,63}$`)
)

// validLabel reports whether both OpenTelemetry and Prometheus can hold a label of this name.
// Prometheus keeps "le" and "quantile" for itself, and names that start with "__".
func validLabel(name string) bool {
	if name == "" || name == "le" || name == "quantile" || strings.HasPrefix(name, "__") || len(name) > maxLabelName {
		return false
	}
	letters := false
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			letters = true
		case c == '_', i > 0 && ('0' <= c && c <= '9' || c == '.'):
		default:
			return false
		}
	}
	return letters
}

const maxLabelName = 128

// check refuses a definition that could not be recorded or exposed. A registration without
// labels is refused first, as in the original.
func (d *Definition) check() error {
	wrong := func(format string, args ...any) error {
		return &Error{Kind: ErrInvalidDefinition, Metric: d.Name, text: fmt.Sprintf("Metric '%s' ", d.Name) + fmt.Sprintf(format, args...)}
	}
	if len(d.Labels) == 0 {
		return &Error{Kind: ErrNoLabels, Metric: d.Name, text: "Labels must be provided for the metric upon registration"}
	}
	if article[d.Type] == "" {
		return &Error{Kind: ErrUnknownType, Metric: d.Name, text: fmt.Sprintf("Unknown metric type: %s", d.Type)}
	}
	if !metricName.MatchString(d.Name) {
		return wrong("has a name that is not a letter followed by up to 254 letters, digits, '_', '.', '-' or '/'")
	}
	if !unitText.MatchString(d.Unit) {
		return wrong("has a unit that is not up to 63 ASCII characters")
	}
	for _, label := range slices.Sorted(maps.Keys(d.Labels)) {
		if !validLabel(label) {
			return wrong("cannot have a label named %q: it needs a letter, may have digits, '_' and '.', and must be neither \"le\" nor \"quantile\" nor start with \"__\"", label)
		}
	}
	if d.MaxSeries < 0 || d.Expiry < 0 {
		return wrong("has a negative MaxSeries or Expiry")
	}
	if d.Expiry > 0 && d.Type != TypeObservableGauge {
		return wrong("is not a gauge, and has an Expiry: only gauges forget")
	}
	return d.checkBuckets(wrong)
}

func (d *Definition) checkBuckets(wrong func(string, ...any) error) error {
	if len(d.Buckets) > 0 && d.Type != TypeHistogram {
		return wrong("is not a histogram, and has Buckets")
	}
	for i, b := range d.Buckets {
		if math.IsNaN(b) || math.IsInf(b, 0) || i > 0 && b <= d.Buckets[i-1] {
			return wrong("has Buckets that are not finite and ascending")
		}
	}
	return nil
}

// Durations as https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ advises; sizes
// by factors of four.
var (
	secondBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	byteBuckets   = []float64{256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20}
)

// buckets returns the bounds of a histogram, nil for those of OpenTelemetry.
func (d *Definition) buckets() []float64 {
	switch {
	case d.Buckets != nil:
		return d.Buckets
	case d.Unit == "s":
		return secondBuckets
	case d.Unit == "By", d.Unit == "bytes":
		return byteBuckets
	}
	return nil
}

// equal reports whether two definitions declare the same metric.
func (d *Definition) equal(other *Definition) bool {
	return d.Name == other.Name && d.Description == other.Description && d.Unit == other.Unit && d.Type == other.Type &&
		maps.Equal(d.Labels, other.Labels) && slices.Equal(d.buckets(), other.buckets()) &&
		d.MaxSeries == other.MaxSeries && d.Expiry == other.Expiry
}

// clone returns a definition that shares nothing with d.
func (d Definition) clone() Definition {
	d.Labels, d.Buckets = maps.Clone(d.Labels), slices.Clone(d.Buckets)
	return d
}
