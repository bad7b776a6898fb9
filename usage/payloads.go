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
	Package string `json:"package" headgate:"public" doc:"the name of the program"`
	Version string `json:"version" headgate:"public" doc:"the version of the program"`
	// Platform describes the operating system, Arch the processor.
	Platform string `json:"platform" headgate:"public" doc:"the operating system, such as linux-amd64"`
	// Python is the version of the language's runtime, for programs that have one.
	Python *string `json:"python,omitempty" headgate:"public" doc:"the version of the language's runtime"`
	Arch   string  `json:"arch" headgate:"public" doc:"the processor, such as amd64"`

	AutoLogin       *bool   `json:"autoLogin,omitempty" headgate:"public" doc:"whether users are signed in without being asked"`
	CacheType       *string `json:"cacheType,omitempty" headgate:"public" doc:"the kind of cache"`
	BackendOnly     *bool   `json:"backendOnly,omitempty" headgate:"public" doc:"whether the program serves no user interface"`
	Desktop         *bool   `json:"desktop,omitempty" headgate:"public" doc:"whether the program was installed as a desktop application"`
	DatabaseDialect *string `json:"databaseDialect,omitempty" headgate:"public" doc:"the kind of database, such as sqlite; no address"` // such as "sqlite": never a host or a credential
}

// Run says how a flow ran that was started over the API.
type Run struct {
	IsWebhook    *bool   `json:"runIsWebhook,omitempty" headgate:"public" doc:"whether a webhook started it"`
	Seconds      int64   `json:"runSeconds" headgate:"public" doc:"how long it took"`
	Success      bool    `json:"runSuccess" headgate:"public" doc:"whether it succeeded"`
	ErrorMessage *string `json:"runErrorMessage,omitempty" headgate:"text" doc:"why the run failed: free text, cleaned"`
	ID           *string `json:"runId,omitempty" headgate:"public" doc:"which run"`
}

// Playground says how a flow was built in the user interface.
type Playground struct {
	Seconds        int64   `json:"playgroundSeconds" headgate:"public" doc:"how long the build took"`
	ComponentCount *int64  `json:"playgroundComponentCount,omitempty" headgate:"public" doc:"how many components the flow has"`
	Success        bool    `json:"playgroundSuccess" headgate:"public" doc:"whether it succeeded"`
	ErrorMessage   *string `json:"playgroundErrorMessage,omitempty" headgate:"text" doc:"why the build failed: free text, cleaned"`
	RunID          *string `json:"playgroundRunId,omitempty" headgate:"public" doc:"which run of the flow"`
}

// Component says how a component of a flow was built.
type Component struct {
	// Name is the kind of component, ID the one in the flow, such as "ChatInput-aB3dE".
	Name         string  `json:"componentName" headgate:"public" doc:"the kind of component, such as ChatInput"`
	ID           *string `json:"componentId,omitempty" headgate:"public" doc:"the component in the flow, such as ChatInput-aB3dE"`
	Seconds      int64   `json:"componentSeconds" headgate:"public" doc:"how long the build took"`
	Success      bool    `json:"componentSuccess" headgate:"public" doc:"whether it succeeded"`
	ErrorMessage *string `json:"componentErrorMessage,omitempty" headgate:"text" doc:"why the build failed: free text, cleaned"`
	RunID        *string `json:"componentRunId,omitempty" headgate:"public" doc:"which run of the flow"`
}

// Shutdown says how many seconds the program ran. The service sends it when it is closed.
type Shutdown struct {
	TimeRunning int64 `json:"timeRunning" headgate:"public" doc:"how many seconds the program ran"`
}

// Exception says what went wrong where nobody dealt with it.
type Exception struct {
	Type string `json:"exceptionType" headgate:"public" doc:"the type of the error"`
	// Message is cut to 500 characters by [Service.LogException].
	Message string `json:"exceptionMessage" headgate:"text" doc:"the first 500 characters of the message: free text, cleaned"`
	// Context says in what part of the program, such as "handler" or "lifespan".
	Context string `json:"exceptionContext" headgate:"public" doc:"in what part of the program"`
	// StackTraceHash is the same for what went wrong at the same place.
	StackTraceHash *string `json:"stackTraceHash,omitempty" headgate:"public" doc:"16 hexadecimal digits of a hash of functions and lines: no path, no message"`
}

// ComponentIndex says how the components that exist were found at the start.
type ComponentIndex struct {
	// Source is "builtin", "cache" or "dynamic".
	Source        string `json:"indexSource" headgate:"public" doc:"builtin, cache or dynamic"`
	NumModules    int64  `json:"numModules" headgate:"public" doc:"in how many modules"`
	NumComponents int64  `json:"numComponents" headgate:"public" doc:"how many components there are"`
	DevMode       bool   `json:"devMode" headgate:"public" doc:"whether components are looked for anew at every start"`
	// FilteredModules are the modules looked at, separated by commas.
	FilteredModules *string `json:"filteredModules,omitempty" headgate:"text" doc:"the modules looked at"`
	LoadTimeMs      int64   `json:"loadTimeMs" headgate:"public" doc:"how long it took, in milliseconds"`
}

// Deployment says what was done to a deployment. Give [Service.Log] another endpoint for one
// of [EndpointDeploymentProvider] and [EndpointDeploymentRun].
type Deployment struct {
	// Action is such as "deployment.create", "provider.create" or "deployment.run".
	Action       string  `json:"deploymentAction" headgate:"public" doc:"such as deployment.create"`
	Provider     string  `json:"deploymentProvider" headgate:"public" doc:"where to"`
	Seconds      float64 `json:"deploymentSeconds" headgate:"public" doc:"how long it took"`
	Success      bool    `json:"deploymentSuccess" headgate:"public" doc:"whether it succeeded"`
	ErrorMessage *string `json:"deploymentErrorMessage,omitempty" headgate:"text" doc:"why it failed: free text, cleaned"`
	TenantID     *string `json:"wxoTenantId,omitempty" headgate:"text" doc:"the tenant of the provider"`
}

// IntegrationAction says how an integration did what it was asked to.
type IntegrationAction struct {
	Provider      string  `json:"provider" headgate:"public" doc:"which integration"`
	Capability    string  `json:"capability" headgate:"public" doc:"what the integration was asked to do, such as drive.read"`
	Milliseconds  int64   `json:"ms" headgate:"public" doc:"how long it took, in milliseconds"`
	Success       bool    `json:"success" headgate:"public" doc:"whether it succeeded"`
	ErrorCode     *string `json:"errorCode,omitempty" headgate:"public" doc:"the code of the failure"`
	OwnerKind     string  `json:"ownerKind" headgate:"public" doc:"what kind of owner the connection has"`
	PrincipalKind string  `json:"principalKind" headgate:"public" doc:"on whose behalf: a kind, not a person"`
}

// MCPTool says how a tool was called over the Model Context Protocol.
type MCPTool struct {
	Tool    string  `json:"tool" headgate:"text" doc:"the name of the tool"`
	Success bool    `json:"success" headgate:"public" doc:"whether it succeeded"`
	Seconds *int64  `json:"seconds,omitempty" headgate:"public" doc:"how long the tool took"`
	Error   *string `json:"error,omitempty" headgate:"text" doc:"why the tool failed: free text, cleaned"`
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
