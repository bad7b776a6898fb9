package core

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// PreviewResult is what would become of one event.
type PreviewResult struct {
	// Denied says why no sink would get the event, who turned tracking off for
	// instance; it is empty if some would. The preview is shown all the same.
	Denied []string `json:"denied,omitempty"`
	// Event is the sealed event.
	Event []byte `json:"-"`
	// Findings are what the sanitiser changed, in the order of the event.
	Findings []sanitize.Finding `json:"findings"`
	// Sinks says what each sink would do, in the order of the configuration.
	Sinks []SinkPreview `json:"sinks"`
}

// SinkPreview is what one sink would do with an event.
type SinkPreview struct {
	Sink string `json:"sink"`
	Type string `json:"type"`
	// Filtered says why the sink would not get the event: "filtered.consent",
	// "filtered.events", "filtered.when" or "sampled_out".
	Filtered string `json:"filtered,omitempty"`
	// Requests are what the sink would send.
	Requests []Request `json:"requests,omitempty"`
	// Error says why the requests cannot be shown.
	Error string `json:"error,omitempty"`
}

// previewInstallation stands for the installation id, which a preview neither reads nor makes.
const previewInstallation = "00000000-0000-7000-8000-000000000000"

// Preview shows what would become of an event. It touches neither network nor file, starts
// nothing, and is not counted. It returns an error if the configuration or the event is invalid.
func Preview(cfg Config, e Event, opts ...Option) (PreviewResult, error) {
	d, err := prepare(cfg, opts)
	if err != nil {
		return PreviewResult{}, err
	}
	p := d.plan.Load()
	p.sealer.installation = func() string { return previewInstallation }
	dr, said := newDraft(e)
	if err := dr.check(); err != nil {
		return PreviewResult{}, err
	}
	dr.decision = p.gate.Decide(said)
	result := PreviewResult{Findings: []sanitize.Finding{}, Sinks: []SinkPreview{}}
	switch {
	case p.gate.Off():
		result.Denied = p.gate.Sources()
		dr.decision = consent.Decision{Collect: true, Network: true, ThirdParty: true}
	case !dr.decision.Collect || !p.anySinkFor(&dr.decision):
		result.Denied = []string{dr.decision.Reason}
	}
	enc := p.sealer.sanitizer.Encoder()
	defer enc.Release()
	enc.Record()
	rec, err := p.sealer.appendRecord(nil, enc, &dr, nil, time.Now())
	if err != nil {
		return PreviewResult{}, err
	}
	result.Findings = append(result.Findings, enc.Findings()...)
	sealed, err := openRecord(rec)
	if err != nil {
		return PreviewResult{}, err
	}
	result.Findings = append(result.Findings, sealed.credentialFindings()...)
	result.Event = bytes.Clone(sealed.JSON())
	for _, l := range p.lanes {
		result.Sinks = append(result.Sinks, l.preview(sealed))
	}
	return result, nil
}

// preview opens the sink, which touches nothing, and asks it.
func (l *lane) preview(s Sealed) (p SinkPreview) {
	p = SinkPreview{Sink: l.cfg.Name, Type: l.cfg.Type, Filtered: l.filter(&s)}
	defer func() {
		if r := recover(); r != nil {
			p.Error = fmt.Sprintf("the sink panicked with a %T", r)
		}
	}()
	if p.Filtered != "" {
		return p
	}
	sink, _, err := l.open()
	if err == nil {
		if l.cfg.Sink == nil {
			defer func() { _ = sink.Close(context.Background()) }()
		}
		previewer, ok := sink.(Previewer)
		if !ok {
			p.Error = "this sink cannot show its requests"
			return p
		}
		p.Requests, err = previewer.Preview([]Sealed{l.view(s)})
		l.scrubber.credentials.Load().redactRequests(p.Requests)
	}
	if err != nil {
		p.Error = errorText(l.scrubber, err)
	}
	return p
}
