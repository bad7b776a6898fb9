package consent

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Settings are everything that can turn tracking off for the whole process. The
// zero Settings leave it to the environment and to the person's choice.
type Settings struct {
	// AppName makes the variable <APP>_DO_NOT_TRACK an opt-out: "langflow" reads
	// LANGFLOW_DO_NOT_TRACK, see [EnvPrefix].
	AppName string
	// DoNotTrack turns tracking off.
	DoNotTrack bool
	// Mode is "on" (also ""), "local" (collected, never sent off the machine) or
	// "off". Any other word counts as "off".
	Mode string
	// ConsentRequired keeps out every event whose person has not granted "analytics".
	ConsentRequired bool
	// DisableInCI turns tracking off on a machine that [DetectCI] recognises.
	DisableInCI bool
	// IgnoreGPC lets events of people who set Sec-GPC go to third parties.
	IgnoreGPC bool

	// Lookup reads the environment; os.LookupEnv if nil.
	Lookup func(key string) (string, bool)
	// StateDir holds the person's choice; [DefaultStateDir] if empty.
	StateDir string
}

// Gate is the answer to [Settings], resolved once and immutable. The zero Gate is open.
type Gate struct {
	sources         []string
	restricts       bool // some event may be restricted whose person said nothing
	local           bool
	consentRequired bool
	ignoreGPC       bool
}

// Resolve reads the environment and the person's choice. It creates nothing. Any
// single opt-out closes the gate, and nothing opens it again.
func Resolve(s Settings) Gate {
	lookup := s.Lookup
	if lookup == nil {
		lookup = os.LookupEnv
	}
	g := Gate{consentRequired: s.ConsentRequired, ignoreGPC: s.IgnoreGPC}
	for _, name := range variables(s.AppName) {
		if v, ok := lookup(name); ok && Enabled(v) {
			g.closedBy("environment " + name)
		}
	}
	if s.DoNotTrack {
		g.closedBy("config do_not_track")
	}
	switch choice, err := ReadChoice(s.StateDir); {
	case err != nil:
		g.closedBy("headgate telemetry (the choice cannot be read)")
	case choice.Made && !choice.On:
		g.closedBy("headgate telemetry off")
	}
	switch strings.ToLower(strings.TrimSpace(s.Mode)) {
	case "", "on":
	case "local":
		g.local = true
	case "off":
		g.closedBy("mode off")
	default:
		g.closedBy(fmt.Sprintf("mode %q is not known", s.Mode))
	}
	if s.DisableInCI {
		if _, ci := DetectCI(lookup); ci {
			g.closedBy("CI (disable_in_ci)")
		}
	}
	g.restricts = g.Off() || g.local || g.consentRequired
	return g
}

func (g *Gate) closedBy(source string) { g.sources = append(g.sources, source) }

// Off reports whether tracking is off: nothing may be collected, stored or started.
func (g Gate) Off() bool { return len(g.sources) > 0 }

// Sources names everything that turned tracking off; it is empty, not nil, when tracking is on.
func (g Gate) Sources() []string { return append([]string{}, g.sources...) }

// Local reports whether events are collected but never sent off the machine.
func (g Gate) Local() bool { return g.local }

// Reasons for a Decision that restricts an event, as they appear in counters.
const (
	ReasonOff            = "off"               // tracking is off, see [Gate.Sources]
	ReasonDoNotTrack     = "do_not_track"      // the person sent DNT: 1
	ReasonWithdrawn      = "consent_withdrawn" // consent was taken back
	ReasonConsentMissing = "consent_missing"   // consent is required and was not given
	ReasonConsentUnclear = "consent_unclear"   // consent was given in a form that cannot be read
	ReasonConsentRefused = "consent_refused"   // some category was refused, see Refused
	ReasonLocal          = "mode_local"        // nothing leaves the machine
	ReasonGPC            = "gpc"               // the person sent Sec-GPC: 1
)

// Decision says how far one event may go. Each bound implies the next: without
// Collect there is no Network, without Network no ThirdParty.
type Decision struct {
	// Collect allows the event to be sealed, queued and given to local sinks.
	Collect bool
	// Network allows it to leave the machine, to sinks that [Decision.Permits].
	Network bool
	// ThirdParty allows it to reach other companies, through sinks that [Decision.Permits].
	ThirdParty bool
	// Reason is the strongest restriction, one of the Reason constants; empty if there is none.
	Reason string
	// Refused are the consent categories that were explicitly refused, as
	// [Category] spells them, sorted; together at most 255 bytes with a comma between.
	Refused []string
}

// Permits reports whether none of a sink's purposes was refused.
func (d Decision) Permits(purposes ...string) bool {
	if len(d.Refused) == 0 {
		return true
	}
	return !slices.ContainsFunc(purposes, func(p string) bool {
		return slices.Contains(d.Refused, Category(p))
	})
}

// Decide says how far an event goes whose person has said s. It is on the path of every
// event: one about which nothing was said costs a few comparisons and no allocation.
func (g Gate) Decide(s Signals) Decision {
	if g.restricts || s.says() {
		return g.decide(s)
	}
	return Decision{Collect: true, Network: true, ThirdParty: true}
}

func (g Gate) decide(s Signals) Decision {
	switch {
	case len(g.sources) > 0:
		return Decision{Reason: ReasonOff}
	case s.DoNotTrack:
		return Decision{Reason: ReasonDoNotTrack}
	case s.Withdrawn:
		return Decision{Reason: ReasonWithdrawn}
	}
	if len(s.Categories) > 0 || s.Unclear || g.consentRequired {
		return g.decideByConsent(s)
	}
	return g.bound(s, Decision{Collect: true, Network: true, ThirdParty: true})
}

// decideByConsent decides when consent matters.
func (g Gate) decideByConsent(s Signals) Decision {
	refused, analytics, fits := s.refused()
	if g.consentRequired && !analytics {
		return Decision{Reason: ReasonConsentMissing}
	}
	d := Decision{Collect: true, Network: true, ThirdParty: true, Refused: refused}
	switch {
	case s.Unclear || !fits:
		d.Network, d.ThirdParty, d.Reason = false, false, ReasonConsentUnclear
	case len(refused) > 0:
		d.Reason = ReasonConsentRefused
	}
	return g.bound(s, d)
}

// bound applies what does not depend on consent.
func (g Gate) bound(s Signals, d Decision) Decision {
	reason := ""
	switch {
	case g.local:
		d.Network, d.ThirdParty, reason = false, false, ReasonLocal
	case s.GPC && !g.ignoreGPC:
		d.ThirdParty, reason = false, ReasonGPC
	}
	if d.Reason == "" {
		d.Reason = reason
	}
	return d
}
