package sinktest

import (
	"slices"
	"testing"
)

// Rule is something that every sink is held to.
type Rule struct {
	// Name is that of the subtest.
	Name string
	// Why says what the rule is for.
	Why string
	// Cases can be named in [Harness.Skip] one by one, after the name of the rule and a slash.
	Cases []string
}

// Rules returns the rules, in the order in which [Run] tries them.
func Rules() []Rule {
	list := make([]Rule, len(rules))
	for i, r := range rules {
		list[i] = Rule{Name: r.name, Why: r.why, Cases: slices.Clone(r.cases)}
	}
	return list
}

// need is what a harness has to offer for a rule to apply.
type need int

const (
	anything need = iota
	needsHTTP
	needsReject
	needsFailure // HTTP or Break
)

// missing says what the harness has not, "" if nothing.
func (n need) missing(h Harness) string {
	switch {
	case n == needsHTTP && h.HTTP == nil:
		return "only for sinks that speak HTTP"
	case n == needsReject && (h.HTTP == nil || h.HTTP.Reject == nil):
		return "the harness has no Reject: the destination cannot name events"
	case n == needsFailure && h.HTTP == nil && h.Break == nil:
		return "the harness has neither HTTP nor Break: the destination cannot fail"
	}
	return ""
}

type rule struct {
	name, why string
	needs     need
	cases     []string
	test      func(*trial)
}

// rules is filled by init, for the tests look into it.
var rules []rule

func init() {
	rules = []rule{
		{"EveryEventArrivesOnce", "nil means that every event of the batch is delivered: the dispatcher forgets them then, so what has not arrived is lost, and what arrived twice is counted twice",
			anything, nil, deliversOnce},
		{"AFullBatchArrivesWhole", "the dispatcher fills batches up to the sink's Limits, or to 500 events, so a batch of that size must get through, or be of core.TooLarge, for which it is halved",
			anything, nil, deliversFull},
		{"ManySendsAtOnceArrive", "an operator may set concurrency, and Send is then called from several goroutines at once",
			anything, nil, deliversAtOnce},
		{"TheBatchIsLeftAsItIs", "the same bytes are sent by every other sink, and by this one again if it fails",
			anything, nil, leavesBatch},
		{"NothingOfTheBatchIsKept", "the memory of a batch is used again once Send has returned: copy what is kept",
			anything, nil, keepsNothing},
		{"AnEmptyBatchDoesNothing", "the dispatcher makes none, but a wrapper that filters events does, and an index out of range is a panic in somebody's program",
			anything, nil, sendsNothing},
		{"ALargeEventIsTakenOrRefused", "the core takes events of up to a megabyte; one that the destination cannot take must be refused for good, for what is tried again for ever holds up all that follows",
			anything, nil, takesLarge},
		{"TextIsDataWhateverItHolds", "names, keys and values are whatever a user typed: they must neither break the request nor hold up the queue",
			anything, nil, takesAnyText},
		{"SendReturnsWhenItsContextEnds", "the dispatcher cannot stop, nor try again, before Send has returned; and the end of a context says nothing about the events, which must be tried again",
			anything, nil, heedsContext},
		{"CloseMayComeAtAnyTime", "a program that ends closes its sinks whatever they are doing, and its end must not hang or crash",
			anything, nil, closesAnyTime},
		{"NoGoroutineIsLeftBehind", "sinks are made and closed again when a configuration is loaded anew, and what each leaves behind adds up",
			anything, nil, leavesNoGoroutine},
		{"NewTouchesNothing", "a dead destination must not keep a program from starting, and with tracking off nothing may happen at all: connect in the first Send",
			anything, nil, newTouchesNothing},
		{"CheckReportsNoEvent", "headgate validate --connect is run against production, by somebody who wants to know and to change nothing",
			anything, nil, checkReportsNothing},
		{"PreviewTouchesNothing", "a preview is to see what would be sent before anything is",
			anything, nil, previewTouchesNothing},
		{"ASendIsOneAttempt", "the dispatcher repeats what fails, with pauses that grow; two who repeat multiply their attempts, upon a destination that is in trouble",
			needsHTTP, namesOf(attempts), makesOneAttempt},
		{"AnAnswerHasItsClass", "the class of an error decides whether events are tried again, split, given up or kept until somebody sets the credentials right",
			needsHTTP, namesOf(answers), classifies},
		{"AWaitThatIsAskedForIsPassedOn", "a destination that says when to come back blocks who comes earlier; return core.RetryAfter with what its header says",
			needsHTTP, namesOf(waitsAsked), passesWaitOn},
		{"ARedirectIsNotFollowed", "a followed 302 turns a POST into a GET without a body and reports success, a followed 307 hands data and credentials to another host",
			needsHTTP, namesOf(redirects), followsNothing},
		{"AServerThatMisbehavesIsTriedAgain", "connections break every day; what became of the events is not known then, so they must be tried again, and soon, which takes an attempt that ends",
			needsHTTP, namesOf(faults), survives},
		{"AnswersAreReadInBounds", "whoever answers in the place of the destination decides how much there is to read, and the memory is the program's",
			needsHTTP, namesOf(floods), readsInBounds},
		{"SecretsAreShownNowhere", "errors, log lines, previews and what fmt prints end in logs, statuses and bug reports",
			anything, nil, hidesSecrets},
		{"ErrorsHoldNothingOfEvents", "errors go to logs and to the status page, where no data of an event may be",
			needsHTTP, nil, hidesEvents},
		{"GlobalsAreLeftAlone", "http.DefaultClient, http.DefaultTransport and the default loggers belong to the program, with its proxies, its tracing and its connections: a sink has its own",
			anything, nil, leavesGlobals},
		{"NothingIsPrinted", "what a program prints is its interface: a line of a sink in it breaks whoever parses it",
			anything, nil, printsNothing},
		{"ARefusedEventIsNamed", "a destination that says which events it refuses spares the others a second time: return a *core.BatchError with their places in the batch",
			needsReject, nil, namesRefused},
		{"ABadEventCostsOnlyItself", "one event that the destination never takes must not keep its neighbours out, nor be sent for ever",
			needsHTTP, nil, splitsBad},
		{"AnOutageLosesNothing", "destinations are down now and then, and what waited must arrive afterwards",
			needsFailure, nil, survivesOutage},
	}
}

// trial is a rule that is being tried.
type trial struct {
	*testing.T
	h    Harness
	rule rule
}

// broken reports that the rule was broken.
func (tr *trial) broken(format string, args ...any) {
	tr.Helper()
	tr.Errorf(format+"\n\tThe rule: %s.", append(args, tr.rule.why)...)
}

// named is a case of a rule.
type named interface{ caseName() string }

func namesOf[C named](cases []C) (names []string) {
	for _, c := range cases {
		names = append(names, c.caseName())
	}
	return names
}

// each tries all cases at once, for most of their time is waiting, and then judges one after
// the other, each in a subtest of its own.
func each[C named, O any](tr *trial, cases []C, try func(*trial, C) O, judge func(*trial, C, O)) {
	results := make([]chan O, len(cases))
	for i, c := range cases {
		results[i] = make(chan O, 1)
		if _, skip := tr.h.Skip[tr.rule.name+"/"+c.caseName()]; skip {
			close(results[i])
			continue
		}
		go func() {
			defer close(results[i]) // also when try ends the test
			results[i] <- try(tr, c)
		}()
	}
	defer func() {
		for _, result := range results { // nothing goes on beyond the test
			for range result {
			}
		}
	}()
	for i, c := range cases {
		tr.Run(c.caseName(), func(t *testing.T) {
			if reason, skip := tr.h.Skip[tr.rule.name+"/"+c.caseName()]; skip {
				t.Skipf("not held to %s/%s: %s", tr.rule.name, c.caseName(), reason)
			}
			if o, ok := <-results[i]; ok {
				judge(&trial{T: t, h: tr.h, rule: tr.rule}, c, o)
			}
		})
	}
}
