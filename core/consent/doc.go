// Package consent decides whether, and how far, events may go: the gate before
// everything else. It knows every way to opt out and resolves them in one place,
// the strongest refusal winning, with a reason that can be shown.
//
// What holds for the whole process is resolved once: [Resolve] reads the settings, the
// environment and the person's stored choice into a [Gate]. What a person has said
// about one event comes as [Signals], from headers, from the event's own context or
// from code, and [Gate.Decide] joins the two. Wherever a value cannot be understood,
// it is taken for a refusal.
//
// The package also keeps the two files of the state directory, the choice made with
// "headgate telemetry" and the random id of the installation.
package consent
