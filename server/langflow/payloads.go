package langflow

import "strings"

// kind is the type of a property, which the query does not tell.
type kind uint8

const (
	text kind = iota // what is not in the table
	integer
	float
	boolean
	object // a Python dict
)

// Endpoints with a meaning of their own.
const (
	versionEvent         = "version" // sent to the base URL itself
	componentInputsEvent = "component_inputs"
)

// Names of the properties by which chunks are put together.
const (
	componentRunID  = "componentRunId"
	componentID     = "componentId"
	componentInputs = "componentInputs"
	chunkIndex      = "chunkIndex"
	totalChunks     = "totalChunks"
	chunksMissing   = "chunksMissing" // ours, on what could not be completed
)

// deployment is what deployment, deployment_provider and deployment_run have in common.
var deployment = map[string]kind{
	"deploymentAction": text, "deploymentProvider": text, "deploymentSeconds": float, "deploymentSuccess": boolean,
	"deploymentErrorMessage": text, "wxoTenantId": text,
}

// payloads are the properties of each event of Langflow and lfx, by their wire names, as
// the payload classes of their telemetry services declare them.
var payloads = map[string]map[string]kind{
	versionEvent: {
		"package": text, "version": text, "platform": text, "python": text, "arch": text, "autoLogin": boolean,
		"cacheType": text, "backendOnly": boolean, "desktop": boolean, "databaseDialect": text,
	},
	"run":      {"runIsWebhook": boolean, "runSeconds": integer, "runSuccess": boolean, "runErrorMessage": text, "runId": text},
	"shutdown": {"timeRunning": integer},
	"playground": {
		"playgroundSeconds": integer, "playgroundComponentCount": integer, "playgroundSuccess": boolean,
		"playgroundErrorMessage": text, "playgroundRunId": text,
	},
	"component": {
		"componentName": text, componentID: text, "componentSeconds": integer, "componentSuccess": boolean,
		"componentErrorMessage": text, componentRunID: text,
	},
	componentInputsEvent: {
		componentRunID: text, componentID: text, "componentName": text, componentInputs: object,
		chunkIndex: integer, totalChunks: integer,
	},
	"exception": {"exceptionType": text, "exceptionMessage": text, "exceptionContext": text, "stackTraceHash": text},
	"component_index": {
		"indexSource": text, "numModules": integer, "numComponents": integer, "devMode": boolean,
		"filteredModules": text, "loadTimeMs": integer,
	},
	"email":               {"email": text},
	"deployment":          deployment,
	"deployment_provider": deployment,
	"deployment_run":      deployment,
	"integration_action": {
		"provider": text, "capability": text, "ms": integer, "success": boolean, "errorCode": text,
		"ownerKind": text, "principalKind": text,
	},
	"mcp_tool": {"tool": text, "success": boolean, "seconds": integer, "error": text},
}

// property returns the wire name and the kind of a parameter. The snake_case names of
// Langflow's own code are taken too; langflow_version is snake_case on the wire.
func property(event, parameter string) (string, kind) {
	fields := payloads[event]
	if k, ok := fields[parameter]; ok {
		return parameter, k
	}
	if !strings.Contains(parameter, "_") {
		return parameter, text
	}
	name := camelCase(parameter)
	if k, ok := fields[name]; ok {
		return name, k
	}
	if name == "clientType" { // of every payload
		return name, text
	}
	return parameter, text
}

// camelCase turns run_is_webhook into runIsWebhook, as the serialisation of Langflow does.
func camelCase(snake string) string {
	first, rest, _ := strings.Cut(snake, "_")
	var b strings.Builder
	b.WriteString(first)
	for word := range strings.SplitSeq(rest, "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]))
			b.WriteString(word[1:])
		}
	}
	return b.String()
}
