package usage_test

import (
	"context"
	"fmt"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

// Which program runs where is sent once, when the service starts. What the program does not say is found out.
func ExampleVersion() {
	app := core.App{Name: "Acme", Version: "2.4.0"}
	s := usage.New(dispatcher(app), usage.Options{
		App: app, Lookup: environ{}.lookup,
		Version: usage.Version{Platform: "linux-amd64", Arch: "amd64", DatabaseDialect: new("sqlite"), BackendOnly: new(true)},
	})
	_ = s.Start(context.Background())
	_ = s.Emit(context.Background(), usage.Shutdown{TimeRunning: 60}) // the service sends one itself, too
	_ = s.Close(context.Background())
	// Output:
	// version arch="amd64" backendOnly=true clientType="oss" databaseDialect="sqlite" package="acme" platform="linux-amd64" version="2.4.0"
	// shutdown acme_version="2.4.0" clientType="oss" timeRunning=60
	// shutdown acme_version="2.4.0" clientType="oss" timeRunning=0
}

// What a service adds to every event is said once.
func ExampleOptions() {
	s := usage.New(dispatcher(core.App{}), usage.Options{
		ClientType: "desktop",
		Common:     core.Props{"edition": "pro"},
		UserID:     func(ctx context.Context) string { return "" }, // or who is signed in, by ctx
		Lookup:     environ{}.lookup,
	})
	_ = s.LogRun(context.Background(), usage.Run{Seconds: 1, Success: true})
	_ = s.Close(context.Background())
	// Output: run clientType="desktop" edition="pro" platform="desktop" runSeconds=1 runSuccess=true
}

// A program that deploys reports what it did to a deployment.
func ExampleDeployment() {
	reporting(func(ctx context.Context, s *usage.Service) {
		_ = s.Emit(ctx, usage.Deployment{Action: "deployment.create", Provider: "wxo", Seconds: 12.5, Success: true})
	})
	// Output: deployment clientType="oss" deploymentAction="deployment.create" deploymentProvider="wxo" deploymentSeconds=12.5 deploymentSuccess=true
}

// A program that acts for its users elsewhere reports what kind of thing it did, for what kind of principal.
func ExampleIntegrationAction() {
	reporting(func(ctx context.Context, s *usage.Service) {
		_ = s.Emit(ctx, usage.IntegrationAction{
			Provider: "google", Capability: "drive.read", Milliseconds: 130, Success: true, OwnerKind: "user", PrincipalKind: "user",
		})
	})
	// Output: integration_action capability="drive.read" clientType="oss" ms=130 ownerKind="user" principalKind="user" provider="google" success=true
}

// A tool that was called over the Model Context Protocol is reported with what went wrong.
func ExampleMCPTool() {
	reporting(func(ctx context.Context, s *usage.Service) {
		_ = s.Emit(ctx, usage.MCPTool{Tool: "search", Seconds: new(int64(1)), Error: new("timed out")})
	})
	// Output: mcp_tool clientType="oss" error="timed out" seconds=1 success=false tool="search"
}

// A program that wants to look at its own events, to meter runs for instance, adds a tap to its sinks.
func ExampleTap() {
	tap := usage.NewTap(1000)
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "tap", Sink: tap, Reach: core.ReachLocal, Events: []string{"run"}}}},
		core.WithEnviron(environ{}.lookup))
	if err != nil {
		panic(err)
	}
	s := usage.New(d, usage.Options{Lookup: environ{}.lookup, UserID: func(context.Context) string { return "u-1" }})
	_ = s.LogRun(context.Background(), usage.Run{Seconds: 45, Success: true})
	_ = s.LogComponent(context.Background(), usage.Component{Name: "ChatInput"})
	_ = s.Close(context.Background())

	var run usage.Tapped
	for _, run = range tap.PopAll() {
		fmt.Println(run.Name, len(run.Properties) > 0)
	}
	// Output: run true
}
