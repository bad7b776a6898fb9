package consent_test

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/headgate-dev/headgate/core/consent"
)

// in stands for an environment.
func in(env map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) {
		value, ok := env[key]
		return value, ok
	}
}

// stateDir returns a directory of its own, and what removes it.
func stateDir() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "headgate-example-")
	if err != nil {
		log.Fatal(err)
	}
	return dir, func() { os.RemoveAll(dir) }
}

// Everything that can turn tracking off is asked at once, and any one of it is enough.
func ExampleSettings() {
	dir, remove := stateDir()
	defer remove()
	gate := consent.Resolve(consent.Settings{
		AppName: "acme", Mode: "local", StateDir: dir, Lookup: in(map[string]string{"ACME_DO_NOT_TRACK": "1"}),
	})
	fmt.Println(gate.Off(), gate.Sources())
	// Output: true [environment ACME_DO_NOT_TRACK]
}

// An open gate decides for each event by what the person has said.
func ExampleGate() {
	dir, remove := stateDir()
	defer remove()
	gate := consent.Resolve(consent.Settings{StateDir: dir, Lookup: in(nil)})
	for _, said := range []consent.Signals{{}, {GPC: true}, {DoNotTrack: true}} {
		decision := gate.Decide(said)
		fmt.Printf("%v %v %q\n", decision.Collect, decision.ThirdParty, decision.Reason)
	}
	// Output:
	// true true ""
	// true false "gpc"
	// false false "do_not_track"
}

// A decision says how far the event may go, and for which purposes.
func ExampleDecision() {
	var gate consent.Gate // open
	decision := gate.Decide(consent.Signals{Categories: map[string]bool{"analytics": true, "advertising": false}})
	fmt.Println(decision.Permits("analytics"), decision.Permits("advertising"))
	// Output: true false
}

// A server takes what a browser says from the headers, and what the sender says from the event. The stronger refusal wins.
func ExampleSignals() {
	header := http.Header{"Sec-Gpc": {"1"}}
	said := consent.FromHeaders(header.Get)
	said = said.Merge(consent.FromContext(map[string]any{"consent": map[string]any{"categoryPreferences": map[string]any{"analytics": false}}}))
	fmt.Println(said.GPC, said.Categories)
	// Output: true map[analytics:false]
}

// What the person at the keyboard has chosen holds for every program on the machine.
func ExampleChoice() {
	dir, remove := stateDir()
	defer remove()
	if err := consent.WriteChoice(dir, false); err != nil {
		log.Fatal(err)
	}
	choice, err := consent.ReadChoice(dir)
	fmt.Println(choice.Made, choice.On, err)
	// Output: true false <nil>
}

// A program on a command line says that it reports, before it does so for the first time.
func ExampleNotice() {
	dir, remove := stateDir()
	defer remove()
	gate := consent.Resolve(consent.Settings{StateDir: dir, Lookup: in(nil)})
	notice := consent.Notice{App: "acme", Text: "Acme reports which commands are used; ACME_DO_NOT_TRACK=1 turns it off.", Out: os.Stdout, StateDir: dir}
	for range 2 {
		told, err := notice.Show(gate)
		fmt.Println(told, err)
	}
	// Output:
	// Acme reports which commands are used; ACME_DO_NOT_TRACK=1 turns it off.
	// true <nil>
	// true <nil>
}

// A person who asks what is kept on the machine is told of every file.
func ExampleStateFiles() {
	for _, file := range consent.StateFiles() {
		fmt.Println(file.What)
	}
	// Output:
	// your choice
	// the random id of this installation
	// which notices were shown
}
