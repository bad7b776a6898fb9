package usage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

// reporting runs a part of a program that reports its use.
func reporting(part func(context.Context, *usage.Service)) {
	s := usage.New(dispatcher(core.App{}), usage.Options{Lookup: environ{}.lookup})
	part(context.Background(), s)
	_ = s.Close(context.Background())
}

// A run tells how long it took and whether it succeeded. What is not known is left out.
func ExampleRun() {
	reporting(func(ctx context.Context, s *usage.Service) {
		_ = s.LogRun(ctx, usage.Run{Seconds: 45, Success: true, IsWebhook: new(false)})
	})
	// Output: run clientType="oss" runIsWebhook=false runSeconds=45 runSuccess=true
}

// The message of a failure is free text, and is cleaned like any other.
func ExamplePlayground() {
	reporting(func(ctx context.Context, s *usage.Service) {
		_ = s.LogPlayground(ctx, usage.Playground{
			Seconds: 3, ComponentCount: new(int64(7)), ErrorMessage: new("no reply to ann@example.com"),
		})
	})
	// Output: playground clientType="oss" playgroundComponentCount=7 playgroundErrorMessage="no reply to [redacted:email]" playgroundSeconds=3 playgroundSuccess=false
}

// A component is reported under its kind, not under what its user has called it.
func ExampleComponent() {
	reporting(func(ctx context.Context, s *usage.Service) {
		_ = s.LogComponent(ctx, usage.Component{Name: "ChatInput", ID: new("ChatInput-aB3dE"), Seconds: 2, Success: true})
	})
	// Output: component clientType="oss" componentId="ChatInput-aB3dE" componentName="ChatInput" componentSeconds=2 componentSuccess=true
}

// Inputs that are too much for one event are reported in several, which say which of how many they are.
func ExampleComponentInputs() {
	inputs := usage.ComponentInputs{
		RunID: "r-1", ID: "Prompt-x", Name: "Prompt",
		Inputs: map[string]any{"template": strings.Repeat("a", 600), "language": strings.Repeat("b", 600)},
	}
	for _, part := range inputs.Split(1000) {
		fmt.Println(*part.ChunkIndex, "of", *part.TotalChunks, "with", len(part.Inputs))
	}
	// Output:
	// 0 of 2 with 1
	// 1 of 2 with 1
}

// How the program found its components is told once, at the start.
func ExampleComponentIndex() {
	reporting(func(ctx context.Context, s *usage.Service) {
		_ = s.LogComponentIndex(ctx, usage.ComponentIndex{Source: "cache", NumModules: 60, NumComponents: 350, LoadTimeMs: 12})
	})
	// Output: component_index clientType="oss" devMode=false indexSource="cache" loadTimeMs=12 numComponents=350 numModules=60
}

// An error that nobody dealt with is reported by its type, its message and the place, without a path or a value of the program.
func ExampleException() {
	reporting(func(ctx context.Context, s *usage.Service) {
		_ = s.LogException(ctx, errors.New("open /home/ann/flows/one.json: permission denied"), "lifespan")
	})
	// Output: exception clientType="oss" exceptionContext="lifespan" exceptionMessage="open /home/[redacted:user]/flows/one.json: permission denied" exceptionType="*errors.errorString"
}
