package usage

// The endpoints of Langflow's telemetry, which are the names of the events.
const (
	EndpointVersion            = "version"
	EndpointRun                = "run"
	EndpointPlayground         = "playground"
	EndpointComponent          = "component"
	EndpointComponentInputs    = "component_inputs"
	EndpointComponentIndex     = "component_index"
	EndpointShutdown           = "shutdown"
	EndpointException          = "exception"
	EndpointDeployment         = "deployment"
	EndpointDeploymentProvider = "deployment_provider"
	EndpointDeploymentRun      = "deployment_run"
	EndpointIntegrationAction  = "integration_action"
	EndpointMCPTool            = "mcp_tool"
)

// Version says which program runs where. It is sent once, when the service starts.
type Version struct {
	// Package is the name of the program, in lower case.
	Package string `json:"package"`
	Version string `json:"version"`
	// Platform describes the operating system, Arch the processor.
	Platform string `json:"platform"`
	// Python is the version of the language's runtime, for programs that have one.
	Python *string `json:"python,omitempty"`
	Arch   string  `json:"arch"`

	AutoLogin       *bool   `json:"autoLogin,omitempty"`
	CacheType       *string `json:"cacheType,omitempty"`
	BackendOnly     *bool   `json:"backendOnly,omitempty"`
	Desktop         *bool   `json:"desktop,omitempty"`
	DatabaseDialect *string `json:"databaseDialect,omitempty"` // such as "sqlite": never a host or a credential
}

// Run says how a flow ran that was started over the API.
type Run struct {
	IsWebhook    *bool   `json:"runIsWebhook,omitempty"`
	Seconds      int64   `json:"runSeconds"`
	Success      bool    `json:"runSuccess"`
	ErrorMessage *string `json:"runErrorMessage,omitempty"`
	ID           *string `json:"runId,omitempty"`
}

// Playground says how a flow was built in the user interface.
type Playground struct {
	Seconds        int64   `json:"playgroundSeconds"`
	ComponentCount *int64  `json:"playgroundComponentCount,omitempty"`
	Success        bool    `json:"playgroundSuccess"`
	ErrorMessage   *string `json:"playgroundErrorMessage,omitempty"`
	RunID          *string `json:"playgroundRunId,omitempty"`
}

// Component says how a component of a flow was built.
type Component struct {
	// Name is the kind of component, ID the one in the flow, such as "ChatInput-aB3dE".
	Name         string  `json:"componentName"`
	ID           *string `json:"componentId,omitempty"`
	Seconds      int64   `json:"componentSeconds"`
	Success      bool    `json:"componentSuccess"`
	ErrorMessage *string `json:"componentErrorMessage,omitempty"`
	RunID        *string `json:"componentRunId,omitempty"`
}

// Shutdown says how many seconds the program ran. The service sends it when it is closed.
type Shutdown struct {
	TimeRunning int64 `json:"timeRunning"`
}

// Exception says what went wrong where nobody dealt with it.
type Exception struct {
	Type string `json:"exceptionType"`
	// Message is cut to 500 characters by [Service.LogException].
	Message string `json:"exceptionMessage"`
	// Context says in what part of the program, such as "handler" or "lifespan".
	Context string `json:"exceptionContext"`
	// StackTraceHash is the same for what went wrong at the same place.
	StackTraceHash *string `json:"stackTraceHash,omitempty"`
}

// ComponentIndex says how the components that exist were found at the start.
type ComponentIndex struct {
	// Source is "builtin", "cache" or "dynamic".
	Source        string `json:"indexSource"`
	NumModules    int64  `json:"numModules"`
	NumComponents int64  `json:"numComponents"`
	DevMode       bool   `json:"devMode"`
	// FilteredModules are the modules looked at, separated by commas.
	FilteredModules *string `json:"filteredModules,omitempty"`
	LoadTimeMs      int64   `json:"loadTimeMs"`
}

// Deployment says what was done to a deployment. Give [Service.Log] another endpoint for one
// of [EndpointDeploymentProvider] and [EndpointDeploymentRun].
type Deployment struct {
	// Action is such as "deployment.create", "provider.create" or "deployment.run".
	Action       string  `json:"deploymentAction"`
	Provider     string  `json:"deploymentProvider"`
	Seconds      float64 `json:"deploymentSeconds"`
	Success      bool    `json:"deploymentSuccess"`
	ErrorMessage *string `json:"deploymentErrorMessage,omitempty"`
	TenantID     *string `json:"wxoTenantId,omitempty"`
}

// IntegrationAction says how an integration did what it was asked to.
type IntegrationAction struct {
	Provider      string  `json:"provider"`
	Capability    string  `json:"capability"`
	Milliseconds  int64   `json:"ms"`
	Success       bool    `json:"success"`
	ErrorCode     *string `json:"errorCode,omitempty"`
	OwnerKind     string  `json:"ownerKind"`
	PrincipalKind string  `json:"principalKind"`
}

// MCPTool says how a tool was called over the Model Context Protocol.
type MCPTool struct {
	Tool    string  `json:"tool"`
	Success bool    `json:"success"`
	Seconds *int64  `json:"seconds,omitempty"`
	Error   *string `json:"error,omitempty"`
}

// EventName returns "version".
func (Version) EventName() string { return EndpointVersion }

// EventName returns "run".
func (Run) EventName() string { return EndpointRun }

// EventName returns "playground".
func (Playground) EventName() string { return EndpointPlayground }

// EventName returns "component".
func (Component) EventName() string { return EndpointComponent }

// EventName returns "shutdown".
func (Shutdown) EventName() string { return EndpointShutdown }

// EventName returns "exception".
func (Exception) EventName() string { return EndpointException }

// EventName returns "component_index".
func (ComponentIndex) EventName() string { return EndpointComponentIndex }

// EventName returns "deployment".
func (Deployment) EventName() string { return EndpointDeployment }

// EventName returns "integration_action".
func (IntegrationAction) EventName() string { return EndpointIntegrationAction }

// EventName returns "mcp_tool".
func (MCPTool) EventName() string { return EndpointMCPTool }
