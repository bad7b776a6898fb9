// Package sinktest holds what tests of sinks and of programs that report events have in
// common.
//
// The author of a sink calls [Run], which holds the sink against the contract of
// [core.Sink], one rule after the other, with a server that misbehaves in every way
// that servers do:
//
//	func TestTheSinkKeepsTheContract(t *testing.T) {
//		sinktest.Run(t, sinktest.Harness{
//			New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
//				return New(t.Context(), env.Env, Config{URL: env.URL, Token: env.Secret("token")})
//			},
//			HTTP: &sinktest.HTTP{},
//		})
//	}
//
// Each failure says which rule was broken and why the rule exists. A rule is a subtest, which
// can be run alone; [Rules] lists them. What a sink does otherwise for a good reason is
// named in [Harness.Skip], with the reason.
//
// [Server] is that server by itself, for the cases that only one destination has. [Seal], [Classes], [Log]
// and [NewSinkDispatcher] are for such tests, too.
//
// A program that reports events uses a [Recorder] in place of its sinks:
//
//	telemetry, recorder := sinktest.NewDispatcher(t, core.Config{})
//	signUp(telemetry, "pro")
//	recorder.Expect(t, core.Event{Name: "signup", Props: core.Props{"plan": "pro"}})
//
// The package needs the standard library and headgate's core, and nothing else.
package sinktest
