package usage_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

// TestTheUnitTestsOfLangflowsPayloadsPass has what the unit tests of Langflow's payload classes
// state, under their names: what of a payload is sent. Values of a wrong type, which those
// tests try, do not compile here; the payload with an e-mail address does not exist.
func TestTheUnitTestsOfLangflowsPayloadsPass(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for name, c := range map[string]struct {
		payload core.Payload
		want    string
	}{
		"test_deployment_payload_initialization_with_valid_data": {
			usage.Deployment{Action: "deployment.create", Provider: "test_provider", Seconds: 1.5, Success: true, ErrorMessage: new(""), TenantID: new("tenant-abc")},
			`{"deploymentAction":"deployment.create","deploymentProvider":"test_provider","deploymentSeconds":1.5,"deploymentSuccess":true,"deploymentErrorMessage":"","wxoTenantId":"tenant-abc"}`,
		},
		"test_deployment_payload_initialization_with_defaults": {
			usage.Deployment{Action: "deployment.delete", Provider: "test_provider", Seconds: 0.5, ErrorMessage: new("404: Provider not found.")},
			`{"deploymentAction":"deployment.delete","deploymentProvider":"test_provider","deploymentSeconds":0.5,"deploymentSuccess":false,"deploymentErrorMessage":"404: Provider not found."}`,
		},
		"test_deployment_payload_serialization": {
			usage.Deployment{Action: "deployment.update", Provider: "test_provider", Seconds: 2, Success: true, ErrorMessage: new(""), TenantID: new("tenant-xyz")},
			`{"deploymentAction":"deployment.update","deploymentProvider":"test_provider","deploymentSeconds":2,"deploymentSuccess":true,"deploymentErrorMessage":"","wxoTenantId":"tenant-xyz"}`,
		},
		"test_run_payload_initialization_with_valid_data": {
			usage.Run{IsWebhook: new(true), Seconds: 120, Success: true, ErrorMessage: new("")},
			`{"runIsWebhook":true,"runSeconds":120,"runSuccess":true,"runErrorMessage":""}`,
		},
		"test_run_payload_initialization_with_defaults": {
			usage.Run{Seconds: 60, ErrorMessage: new("Test error")},
			`{"runSeconds":60,"runSuccess":false,"runErrorMessage":"Test error"}`,
		},
		"test_run_payload_serialization": {
			usage.Run{IsWebhook: new(true), Seconds: 180, Success: true, ErrorMessage: new("")},
			`{"runIsWebhook":true,"runSeconds":180,"runSuccess":true,"runErrorMessage":""}`,
		},
		"test_run_payload_with_negative_seconds": {
			usage.Run{Seconds: -10, Success: true, ErrorMessage: new("")}, `{"runSeconds":-10,"runSuccess":true,"runErrorMessage":""}`,
		},
		"test_run_payload_with_long_error_message": {
			usage.Run{Seconds: 30, ErrorMessage: &long}, `{"runSeconds":30,"runSuccess":false,"runErrorMessage":"` + long + `"}`,
		},
		"test_run_payload_with_extremely_large_values": {
			usage.Run{Seconds: 1<<31 - 1, Success: true, ErrorMessage: new(strings.Repeat("x", 10000))},
			`{"runSeconds":2147483647,"runSuccess":true,"runErrorMessage":"` + strings.Repeat("x", 10000) + `"}`,
		},
		"test_payload_serialization_with_none_values":   {usage.Run{Seconds: 60, Success: true}, `{"runSeconds":60,"runSuccess":true}`},
		"test_payload_serialization_with_empty_strings": {usage.Run{Seconds: 60, Success: true, ErrorMessage: new("")}, `{"runSeconds":60,"runSuccess":true,"runErrorMessage":""}`},
		"test_shutdown_payload_initialization":          {usage.Shutdown{TimeRunning: 3600}, `{"timeRunning":3600}`},
		"test_shutdown_payload_serialization":           {usage.Shutdown{TimeRunning: 7200}, `{"timeRunning":7200}`},
		"test_shutdown_payload_with_negative_time":      {usage.Shutdown{TimeRunning: -100}, `{"timeRunning":-100}`},
		"test_shutdown_payload_with_zero_time":          {usage.Shutdown{}, `{"timeRunning":0}`},
		"test_shutdown_payload_with_maximum_time":       {usage.Shutdown{TimeRunning: 1<<31 - 1}, `{"timeRunning":2147483647}`},
		"test_version_payload_initialization_with_all_required_fields": {
			usage.Version{Package: "langflow", Version: "1.0.0", Platform: "Windows", Python: new("3.8"), Arch: "x86_64", AutoLogin: new(true), CacheType: new("redis"), BackendOnly: new(true)},
			`{"package":"langflow","version":"1.0.0","platform":"Windows","python":"3.8","arch":"x86_64","autoLogin":true,"cacheType":"redis","backendOnly":true}`,
		},
		"test_version_payload_serialization": {
			usage.Version{Package: "langflow", Version: "1.5.2", Platform: "macOS-12.0", Python: new("3.10"), Arch: "arm64", AutoLogin: new(false), CacheType: new(""), BackendOnly: new(false)},
			`{"package":"langflow","version":"1.5.2","platform":"macOS-12.0","python":"3.10","arch":"arm64","autoLogin":false,"cacheType":"","backendOnly":false}`,
		},
		"test_version_payload_with_special_characters": {
			usage.Version{Package: "langflow-dev", Version: "1.0.0-beta.1", Platform: "Windows 10 Pro", Arch: "x86_64"},
			`{"package":"langflow-dev","version":"1.0.0-beta.1","platform":"Windows 10 Pro","arch":"x86_64"}`,
		},
		"test_version_payload_with_unicode_strings": {
			usage.Version{Package: "langflow-🚀", Version: "1.0.0-测试", Platform: "Linux-测试系统", Arch: "x86_64"},
			`{"package":"langflow-🚀","version":"1.0.0-测试","platform":"Linux-测试系统","arch":"x86_64"}`,
		},
		"test_playground_payload_initialization": {
			usage.Playground{Seconds: 45, ComponentCount: new(int64(5)), Success: true, ErrorMessage: new("")},
			`{"playgroundSeconds":45,"playgroundComponentCount":5,"playgroundSuccess":true,"playgroundErrorMessage":""}`,
		},
		"test_playground_payload_initialization_with_none_component_count": {
			usage.Playground{Seconds: 30, Success: true, ErrorMessage: new("")}, `{"playgroundSeconds":30,"playgroundSuccess":true,"playgroundErrorMessage":""}`,
		},
		"test_playground_payload_serialization": {
			usage.Playground{Seconds: 60, ComponentCount: new(int64(10)), ErrorMessage: new("Component failed")},
			`{"playgroundSeconds":60,"playgroundComponentCount":10,"playgroundSuccess":false,"playgroundErrorMessage":"Component failed"}`,
		},
		"test_playground_payload_with_negative_seconds": {
			usage.Playground{Seconds: -10, ComponentCount: new(int64(0)), Success: true}, `{"playgroundSeconds":-10,"playgroundComponentCount":0,"playgroundSuccess":true}`,
		},
		"test_playground_payload_with_negative_component_count": {
			usage.Playground{Seconds: 30, ComponentCount: new(int64(-5)), Success: true}, `{"playgroundSeconds":30,"playgroundComponentCount":-5,"playgroundSuccess":true}`,
		},
		"test_playground_payload_with_zero_values": {
			usage.Playground{ComponentCount: new(int64(0)), ErrorMessage: new("")}, `{"playgroundSeconds":0,"playgroundComponentCount":0,"playgroundSuccess":false,"playgroundErrorMessage":""}`,
		},
		"test_component_payload_initialization": {
			usage.Component{Name: "TextInput", ID: new("comp-123"), Seconds: 2, Success: true},
			`{"componentName":"TextInput","componentId":"comp-123","componentSeconds":2,"componentSuccess":true}`,
		},
		"test_component_payload_initialization_with_error": {
			usage.Component{Name: "LLMChain", ID: new("comp-456"), Seconds: 5, ErrorMessage: new("API rate limit exceeded")},
			`{"componentName":"LLMChain","componentId":"comp-456","componentSeconds":5,"componentSuccess":false,"componentErrorMessage":"API rate limit exceeded"}`,
		},
		"test_component_payload_serialization": {
			usage.Component{Name: "OpenAI", ID: new("comp-789"), Seconds: 3, Success: true, RunID: new("run-1")},
			`{"componentName":"OpenAI","componentId":"comp-789","componentSeconds":3,"componentSuccess":true,"componentRunId":"run-1"}`,
		},
		"test_component_payload_with_negative_seconds": {
			usage.Component{Name: "TestComponent", Seconds: -1, Success: true}, `{"componentName":"TestComponent","componentSeconds":-1,"componentSuccess":true}`,
		},
		"test_component_payload_with_empty_name": {usage.Component{Seconds: 1, Success: true}, `{"componentName":"","componentSeconds":1,"componentSuccess":true}`},
		"test_component_payload_with_very_long_name": {
			usage.Component{Name: long, Seconds: 1, Success: true}, `{"componentName":"` + long + `","componentSeconds":1,"componentSuccess":true}`,
		},
		"test_exception_payload_schema": {
			usage.Exception{Type: "ValueError", Message: "Test error message", Context: "handler", StackTraceHash: new("abc123def456")},
			`{"exceptionType":"ValueError","exceptionMessage":"Test error message","exceptionContext":"handler","stackTraceHash":"abc123def456"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(c.payload)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("test_deployment_payload_roundtrip", func(t *testing.T) {
		before := usage.Deployment{Action: "provider.create", Provider: "p", Seconds: 1, ErrorMessage: new("500: Adapter exploded."), TenantID: new("t")}
		text, err := json.Marshal(before)
		if err != nil {
			t.Fatal(err)
		}
		var after usage.Deployment
		if err := json.Unmarshal(text, &after); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("(-before +after):\n%s", diff)
		}
	})
	for _, client := range []string{"oss", "desktop", "cloud", "enterprise", "custom"} {
		t.Run("test_all_payloads_with_different_client_types/"+client, func(t *testing.T) {
			s, d, tap := open(t, usage.Options{ClientType: client})
			for _, p := range payloads {
				wantNil(t, s.Emit(t.Context(), p.full))
			}
			for _, e := range arrived(t, d, tap) {
				if e.Props["clientType"] != client {
					t.Errorf("%s has the client type %v", e.Name, e.Props["clientType"])
				}
			}
		})
	}
}
