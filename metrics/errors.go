package metrics

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What can be wrong, to be tested with [errors.Is]. None of it stops the program: what is
// refused is not recorded, and that is all.
var (
	// ErrNotRegistered: there is no metric of that name.
	ErrNotRegistered = errors.New("metric is not registered")
	// ErrNoLabels: a metric was registered, or recorded, without any label.
	ErrNoLabels = errors.New("no labels")
	// ErrMissingLabels: a mandatory label is missing.
	ErrMissingLabels = errors.New("mandatory labels are missing")
	// ErrUnknownLabels: a label was not declared, and the registry is strict.
	ErrUnknownLabels = errors.New("labels are not declared")
	// ErrInvalidLabel: a label has a name that metrics cannot have.
	ErrInvalidLabel = errors.New("invalid label name")
	// ErrWrongType: the metric is of another type.
	ErrWrongType = errors.New("metric is of another type")
	// ErrInvalidValue: the value is not finite, or negative where that makes no sense.
	ErrInvalidValue = errors.New("invalid value")
	// ErrUnknownType: a definition has a type that does not exist.
	ErrUnknownType = errors.New("unknown metric type")
	// ErrInvalidDefinition: a definition makes no sense.
	ErrInvalidDefinition = errors.New("invalid definition")
	// ErrConflict: another metric has the name already, here or in Prometheus.
	ErrConflict = errors.New("metric is already registered otherwise")
	// ErrShutdown: the registry was shut down.
	ErrShutdown = errors.New("metrics: the registry is shut down")
)

// Error is what registering and recording return: the texts are those of Langflow's
// telemetry service, where it has one.
type Error struct {
	// Kind is one of the errors above.
	Kind error
	// Metric is the name that was given.
	Metric string
	// Labels are those that are missing, unknown or invalid, sorted.
	Labels []string

	text string
}

// Error says what is wrong, such as "Missing required labels: {'flow_id'}".
func (e *Error) Error() string { return e.text }

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

func notRegistered(name string) error {
	return &Error{Kind: ErrNotRegistered, Metric: name, text: fmt.Sprintf("Metric '%s' is not registered", name)}
}

func wrongType(name string, want Type) error {
	return &Error{Kind: ErrWrongType, Metric: name, text: fmt.Sprintf("Metric '%s' is not %s", name, article[want])}
}

func badLabels(kind error, name, what string, labels []string) error {
	slices.Sort(labels)
	quoted := make([]string, len(labels))
	for i, label := range labels {
		quoted[i] = "'" + strings.ToValidUTF8(label, "\uFFFD") + "'"
	}
	return &Error{Kind: kind, Metric: name, Labels: labels, text: what + ": {" + strings.Join(quoted, ", ") + "}"}
}

func badValue(d *Definition, value float64) error {
	return &Error{Kind: ErrInvalidValue, Metric: d.Name, text: fmt.Sprintf("Metric '%s' is %s and cannot take %v", d.Name, article[d.Type], value)}
}
