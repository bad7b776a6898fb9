package corpus

// A place is where a secret with a name stands in what a program says: the key it
// is reported under, and the text around it.
type place struct {
	name string
	keys string
	text string
	wrap []func(string) string
}

var telling = "«snake» «camel» «Pascal» «SNAKE» «kebab» «dots» config.«snake» my_«snake» «snake»_value new«Pascal»"

// dull keys say nothing of what is under them.
const dull = "detail msg output body text extra info payload data result reason content context note raw field_7 arg1 v"

// tokenPlaces are places in which a vendor's format alone tells.
var tokenPlaces = []place{
	{"bare", dull, "«!v»", nil},
	{"error_text", "error message detail", "upstream said 401: key «!v» has been revoked", nil},
	{"error_text", "error err reason", "could not authenticate with «!v», giving up after «n:2-9» tries", nil},
	{"error_text", "stderr output", "fatal: unable to use '«!v»': expired «n:2-90» days ago", nil},
	{"header_dump", "request trace", "> GET /v3/me HTTP/2\n> host: «=host»\n> authorization: token «!v»\n> accept: */*", nil},
	{"header_dump", "command cmdline", "curl -sS -H 'Authorization: Bearer «!v»' https://«host»/v1/jobs", nil},
	{"url_query", "url href link", "https://«host»/v2/sync?page=«n:1-9»&credential=«!v»", nil},
	{"nested_json", dull, `{"level":"warn","ctx":{"attempt":«n:1-9»,"with":"«!v»"}}`, nil},
	{"array", "args argv list", `json:["run","--fast","«!v»"]`, nil},
	{"base64", dull, "retry with «!v» please", []func(string) string{toBase64}},
	{"percent", dull, "value «!v» rejected", []func(string) string{toPercent}},
	{"escaped", dull, "with «!v» it failed", []func(string) string{toUnicode}},
	{"git", "remote origin", "https://oauth2:«!v»@git.«domain»/team/app.git", nil},
	{"quoted", dull, "tried “«!v»” and ‘other’", nil},
	{"markdown", dull, "Use `«!v»` as **the** value", nil},
	{"in_key", "seen:«!v»", "json:«n:1-9»", nil},
}

// namedPlaces are places in which the name beside the secret tells.
var namedPlaces = []place{
	{"key", telling, "«!v»", nil},
	{"key", telling, "«!v»", nil},
	{"key", telling, "«!v»", nil},
	{"env_dump", "env environ process_env vars", "HOME=/root\n«SNAKE»=«!v»\nTZ=UTC\n«=LOG_FORMAT=json»", nil},
	{"env_dump", "output stdout", "declare -x «SNAKE»=\"«!v»\"\ndeclare -x SHLVL=\"1\"", nil},
	{"env_dump", "docker inspect", `"Env": ["PATH=/usr/bin","«SNAKE»=«!v»","GOROOT=/usr/local/go"]`, nil},
	{"env_dump", "command cmd", "docker run --rm -e «SNAKE»=«!v» -p 8080:80 registry.«domain»/app:1.4", nil},
	{"env_dump", "compose manifest", "services:\n  web:\n    environment:\n      - «SNAKE»=«!v»\n      - PORT=80", nil},
	{"yaml", "manifest yaml spec", "env:\n  - name: «SNAKE»\n    value: «!v»\n  - name: PORT\n    value: \"80\"", nil},
	{"yaml", "config yaml dump", "server:\n  port: «n:1000-9000»\n«snake»: «!v»\nregion: eu", nil},
	{"yaml", "config yaml dump", "auth:\n  «camel»: '«!v»'\n  ttl: 30s", nil},
	{"toml", "config toml dump", "[client]\n«snake» = \"«!v»\"\ntimeout = «n:1-90»", nil},
	{"ini", "config ini dump", "[default]\n«snake» = «!v»\nregion = us-east-1", nil},
	{"properties", "config dump", "server.port=8080\napp.«dots»=«!v»\napp.name=«word»", nil},
	{"xml", "config xml body", "<settings><server><id>main</id><«camel»>«!v»</«camel»></server></settings>", nil},
	{"xml", "config xml body", `<add key="«Pascal»" value="«!v»" /><add key="Retries" value="3" />`, nil},
	{"xml", "config xml body", `<db «kebab»="«!v»" timeout="30"/>`, nil},
	{"terraform", "output plan", "  + resource \"x_y\" \"z\" {\n      + «snake» = \"«!v»\"\n      + count = 2\n    }", nil},
	{"terraform", "output plan", "variable «snake» { default = \"«!v»\" }", nil},
	{"cli_flag", "command cmdline args", "serve --port «n:1000-9000» --«kebab» «!v» --verbose", nil},
	{"cli_flag", "command cmdline args", "serve --«kebab»=«!v» --workers «n:1-9»", nil},
	{"cli_flag", "command cmdline", "java -Xmx2g -D«dots»=«!v» -jar app.jar", nil},
	{"cli_flag", "command cmdline", "helm upgrade web ./chart --set image.tag=«n:1-99»,auth.«camel»=«!v»", nil},
	{"logfmt", "log line msg", "ts=«iso» level=error msg=\"refused\" «snake»=«!v» took=«n:1-99»ms", nil},
	{"logfmt", "log line msg", `level=warn «snake»="«!v»" retry=true`, nil},
	{"go_dump", "error detail", "config: {Host:«host» Port:«n:1000-9000» «Pascal»:«!v» Debug:false}", nil},
	{"go_dump", "error detail", `&main.Config{Host:"«host»", «Pascal»:"«!v»", Port:«n:1000-9000»}`, nil},
	{"go_dump", "error detail", "map[host:«host» «snake»:«!v» port:«n:1000-9000»]", nil},
	{"python_repr", "error detail", "{'host': '«host»', '«snake»': '«!v»', 'port': «n:1000-9000»}", nil},
	{"python_repr", "error detail", "Settings(host='«host»', «snake»='«!v»', retries=3)", nil},
	{"python_repr", "error detail", "SecretBox(name=None, «snake»=b'«!v»')", nil},
	{"ruby_inspect", "error detail", `#<Client:0x000055d5 @host="«host»", @«snake»="«!v»", @tries=3>`, nil},
	{"ruby_inspect", "error detail", `{:host=>"«host»", :«snake»=>"«!v»"}`, nil},
	{"ruby_inspect", "error detail", `{"«snake»" => "«!v»", "port" => 80}`, nil},
	{"php_dump", "error detail", "array(2) {\n  [\"«snake»\"]=>\n  string(«n:10-40») \"«!v»\"\n  [\"port\"]=>\n  int(80)\n}", nil},
	{"php_dump", "error detail", "Array\n(\n    [host] => «host»\n    [«snake»] => «!v»\n)", nil},
	{"rust_debug", "error detail", `Config { host: "«host»", «snake»: Some("«!v»"), port: 80 }`, nil},
	{"rust_debug", "error detail", `Credentials { «snake»: Secret("«!v»"), retries: 3 }`, nil},
	{"java_dump", "error detail", "DataSourceProperties{url=null, «camel»='«!v»', poolSize=5}", nil},
	{"java_dump", "error detail", "Config(host=«host», «camel»=«!v», port=80)", nil},
	{"java_dump", "error detail", "{host=«host», «camel»=«!v», port=80}", nil},
	{"dotnet_dump", "error detail", `ClientOptions { Host = «host», «Pascal» = «!v», Port = 80 }`, nil},
	{"protobuf_text", "error detail", `host: "«host»" «snake»: "«!v»" port: 80`, nil},
	{"js_object", "error detail", `{ host: '«host»', «camel»: '«!v»', port: 80 }`, nil},
	{"header_dump", "headers request", "Host: «host»\r\n«Header»: «!v»\r\nAccept: application/json\r\n", nil},
	{"header_dump", "har request", `{"headers":[{"name":"accept","value":"*/*"},{"name":"«kebab»","value":"«!v»"}]}`, nil},
	{"url_query", "url href page", "https://«host»/cb?lang=en&«snake»=«!v»&page=«n:1-9»", nil},
	{"url_query", "url href page", "https://«host»/app#«camel»=«!v»&state=ok", nil},
	{"form", "body form", "grant=x&«snake»=«%v»&scope=read", nil},
	{"multipart", "body form", "------x\r\nContent-Disposition: form-data; name=\"«snake»\"\r\n\r\n«!v»\r\n------x--", nil},
	{"nested_json", dull, `{"op":"put","conf":{"«camel»":"«!v»","n":«n:1-9»}}`, nil},
	{"nested_json", dull, `{"conf":{"«snake»":"«!v»"}}`, []func(string) string{quoteIn}},
	{"nested_json", dull, `{"conf":{"«snake»":"«!v»"}}`, []func(string) string{quoteIn, quoteIn}},
	{"nested_object", "settings config options", `json:{"upstream":{"«camel»":"«!v»","retries":«n:1-9»}}`, nil},
	{"array", "env vars", `json:["PORT=80","«SNAKE»=«!v»"]`, nil},
	{"array", "argv args", `json:["serve","--«kebab»","«!v»","--verbose"]`, nil},
	{"pairs", "env variables", `json:[{"name":"PORT","value":"80"},{"name":"«SNAKE»","value":"«!v»"}]`, nil},
	{"pairs", "fields attributes", `json:[{"key":"«camel»","value":{"stringValue":"«!v»"}}]`, nil},
	{"pairs", "headers", `json:[["accept","*/*"],["«kebab»","«!v»"]]`, nil},
	{"base64", dull, `{"«snake»":"«!v»","n":1}`, []func(string) string{toBase64}},
	{"base64", dull, `«SNAKE»=«!v»;region=eu`, []func(string) string{toURLBase64}},
	{"hex", dull, `{"«snake»":"«!v»"}`, []func(string) string{toHex}},
	{"percent", dull, `{"«snake»":"«!v»"}`, []func(string) string{toPercent}},
	{"percent", dull, `{"«snake»":"«!v»"}`, []func(string) string{toPercent, toPercent}},
	{"escaped", dull, `{"«snake»":"«!v»"}`, []func(string) string{toUnicode}},
	{"html", "body html", `<input name="«snake»" value="«!v»">`, nil},
	{"html", "body html", `{"«snake»":"«!v»"}`, []func(string) string{toHTML}},
	{"html", "body html", `<meta name="«kebab»" content="«!v»">`, nil},
	{"sql", "query sql statement", "INSERT INTO conf (name, value) VALUES ('«snake»', '«!v»')", nil},
	{"sql", "query sql statement", "UPDATE accounts SET «snake» = '«!v»' WHERE id = «n:1-999»", nil},
	{"sql", "query sql statement", "SELECT id FROM clients WHERE «snake»='«!v»' LIMIT 1", nil},
	{"prose", "message note comment", "hi, the new «words» is «!v», please do not share", nil},
	{"prose", "message note comment", "«words»: «!v» (valid until Friday)", nil},
	{"prose", "message error", "invalid «words» \"«!v»\" for tenant «n:1-99»", nil},
	{"prose", "message error", "«words» '«!v»' does not match", nil},
	{"shell", "script output", "$ export «SNAKE»='«!v»'\n$ make deploy", nil},
	{"shell", "script output", "+ «SNAKE»=«!v»\n+ ./deploy.sh", nil},
	{"shell", "script output", "setx «SNAKE» «!v»", nil},
	{"shell", "script output", "$env:«SNAKE» = \"«!v»\"", nil},
	{"shell", "script output", "set «SNAKE»=«!v»&& node app.js", nil},
	{"code", "snippet source", "const «camel» = \"«!v»\";", nil},
	{"code", "snippet source", "os.environ[\"«SNAKE»\"] = \"«!v»\"", nil},
	{"code", "snippet source", "«camel» := `«!v»`", nil},
	{"code", "snippet source", "ENV[\"«SNAKE»\"] ||= '«!v»'", nil},
	{"code", "snippet source", "define('«SNAKE»', '«!v»');", nil},
	{"code", "snippet source", "#define «SNAKE» \"«!v»\"", nil},
	{"code", "snippet source", "client.set_«snake»(\"«!v»\")", nil},
	{"truncated", dull, `{"op":"put","conf":{"«camel»":"«!v»`, nil},
	{"truncated", dull, `…ost":"x","«snake»":"«!v»","n":`, nil},
}

// quoteIn makes text a JSON string in a JSON object.
func quoteIn(s string) string { return `{"inner":` + string(filled{text: s}.json()) + `,"n":2}` }
