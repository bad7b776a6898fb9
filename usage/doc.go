// Package usage has the events by which an application that runs flows of components, such as
// Langflow, says how it is used: typed payloads with the names and the omissions of
// Langflow's telemetry, and a service that sends them through a dispatcher.
//
//	telemetry, err := config.Open("sinks.yaml") // can be used whatever the error says
//	…
//	s := usage.New(telemetry, usage.Options{App: core.App{Name: "langflow", Version: "1.8.0"}})
//	s.Start(ctx)       // sends the version event
//	defer s.Close(ctx) // sends the shutdown event, and closes the dispatcher
//
//	s.LogRun(ctx, usage.Run{Seconds: 45, Success: true})
//
// A field that is a pointer is left out of the event while it is nil; what it points at is sent
// even when it is empty or zero: ErrorMessage: new("") sends an empty message.
//
// An event of one's own takes three steps: declare a struct whose json tags name the
// properties, give it an EventName or a name for [Service.Log], and log it. Nothing is
// registered.
//
// No method fails or holds up its caller: what is wrong is counted in the dispatcher's books,
// and returned for those who want to know.
package usage
