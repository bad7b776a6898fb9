package corpus

import (
	"encoding/json"
	"fmt"
)

// An eventShape is an event as a program reports it: its name, properties and
// context as templates of JSON. What it marks with = must be left.
type eventShape struct {
	name, props, context string
	clean                bool
	each                 int
}

func (g *generator) event(e eventShape) {
	for range e.each {
		identity := g.fill(`"user_id":"«=uuid»","timestamp":"«=isoms»"`)
		props, context := g.fill(e.props), g.fill(e.context)
		name := e.name
		raw := []byte(fmt.Sprintf(`{"event":%q,%s,"properties":%s,"context":%s}`, name, identity.text, props.text, context.text))
		if !json.Valid(raw) {
			panic("not JSON: " + string(raw))
		}
		r := Row{ID: fmt.Sprintf("%s-event-%04d", g.set, len(g.rows)), Event: raw, Kind: name,
			MustNot: append(props.secrets, context.secrets...), MustKeep: append([]string{name}, identity.keep...)}
		r.MustKeep = append(append(r.MustKeep, props.keep...), context.keep...)
		r.Clean = len(r.MustNot) == 0
		if r.Clean != e.clean {
			panic(name + " is not as clean as it says")
		}
		g.rows = append(g.rows, r)
	}
}

const (
	plainContext = `{"app":{"name":"«=langflow|studio|worker»","version":"«=semver»"},"os":{"name":"«linux|macos|windows»","arch":"arm64"},"library":{"name":"headgate","version":"0.4.«n:0-9»"},"locale":"«=de-DE|en-US|pt-BR»","timezone":"Europe/«Paris|Rome|Oslo»","screen":{"width":1920,"height":1080}}`
	ipContext    = `{"app":{"name":"«=langflow|studio»","version":"«=semver»"},"ip":"«!ip»","locale":"«=fr-FR|ja-JP»","userAgent":"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0","page":{"path":"/flows/«uuid»","title":"Editor"}}`
)

var firstEvents = []eventShape{
	{"component_run", `{"componentName":"«=OpenAIModel|ChatInput|PromptTemplate|VectorStore»-«=x:5»","componentSeconds":«n:0-99»,"componentSuccess":true,"componentErrorMessage":null,"tokens":{"input":«=n:1-99999»,"output":«n:1-9999»}}`, plainContext, true, 12},
	{"playground_message", `{"playgroundSeconds":«=n:1-99»,"playgroundComponentCount":«n:1-50»,"playgroundSuccess":true,"trace_id":"«=h:32»","span_id":"«=h:16»"}`, plainContext, true, 12},
	{"deploy_finished", `{"image":"registry.«domain»/«word»@sha256:«=h:64»","commit":"«=h:40»","ref":"refs/heads/«word»","duration":«n:1-999».«d:3»,"steps":["build","token-scan","push"]}`, plainContext, true, 12},
	{"settings_viewed", `{"section":"«=api-keys|password-policy|sessions»","keys_count":«n:1-99»,"mfa_enabled":false,"auth_method":"«=saml|oauth2»","password_min_length":12}`, plainContext, true, 12},
	{"query_executed", `{"template":"SELECT id FROM users WHERE email = $1 AND token = $2","rows":«=n:1-9999»,"ms":«n:1-99».«d:4»,"plan_hash":"«=h:16»","cached":true}`, plainContext, true, 12},
	{"page_viewed", `{"url":"https://«host»/docs/«=word»?tab=«word»&page=«n:1-9»","referrer":"https://www.«domain»/","title":"How to reset your password","session_id":«epochms»}`, plainContext, true, 12},
	{"cart_updated", `{"order":"«=u:3»-«=d:6»","items":[{"sku":"«=U:4»-«d:4»","qty":«n:1-9»,"price":«n:1-99».«d:2»}],"currency":"«=EUR|USD»","coupon":null}`, plainContext, true, 12},
	{"job_failed", `{"error":"TimeoutError: token refresh step took longer than «n:10-90»s","stack":"File \"/usr/lib/python3.12/«=word».py\", line «n:1-999», in refresh","attempt":«n:1-5»,"job":"«=ulid»"}`, plainContext, true, 12},
	{"llm_call", `{"model":"«=gpt-4o-2024-08-06|claude-sonnet-4-20250514»","prompt_tokens":«n:1-9999»,"temperature":0.2,"request_id":"req_«=x:24»","finish_reason":"stop","latency_ms":«n:1-9999»}`, plainContext, true, 12},
	{"cli_used", `{"argv":["deploy","--region","«=eu-west-1|us-east-2»","--replicas","«n:1-9»"],"exit":0,"shell":"zsh","ci":true}`, plainContext, true, 12},

	{"exception", `{"exceptionType":"«=ConnectionError|OperationalError»","exceptionMessage":"could not connect to postgresql://«word»:«!safepw»@«host»:5432/«word»","exceptionContext":"lifespan","stackTraceHash":"«=h:16»"}`, plainContext, false, 12},
	{"http_failed", `{"method":"POST","path":"/v2/«=word»","status":403,"headers":{"authorization":"Bearer «!w:40»","x-request-id":"«=uuid»","cookie":"sid=«!x:32»; theme=dark"},"ms":«n:1-99»}`, ipContext, false, 12},
	{"signed_up", `{"plan":"«=free|team»","email":"«!email»","name":"«!name»","phone":"«!phone»","referrer":"newsletter"}`, plainContext, false, 12},
	{"component_failed", `{"componentName":"«=OpenAIModel|AnthropicModel»-«x:5»","componentErrorMessage":"Error code: 401 - {'error': {'message': 'Incorrect API key provided: sk-proj-«!w:48»T3BlbkFJ«w:48».', 'type': 'invalid_request_error'}}","componentSeconds":«n:1-9»}`, plainContext, false, 12},
	{"config_loaded", `{"source":"«=env|file»","config":{"db":{"host":"«host»","password":"«!pw»"},"smtp":{"user":"«word»","pass":"«!pw»"},"workers":«=n:2-64»}}`, plainContext, false, 12},
	{"file_opened", `{"path":"/home/«!login»/projects/«=word»/main.py","size":«n:1-99999»,"kind":"python"}`, plainContext, false, 12},
	{"webhook_in", `{"provider":"«=shop|crm»","raw":"{\"customer\":{\"email\":\"«!email»\",\"card\":\"«!card»\"},\"total\":«n:1-99»}","ok":true}`, ipContext, false, 12},
	{"tool_called", `{"tool":"«=http_get|fetch»","args":"{\"url\":\"https://«host»/data?api_key=«!x:32»&limit=10\"}","result_chars":«n:1-9999»}`, plainContext, false, 12},
	{"checkout", `{"order":"«=u:2»-«=d:6»","billing":{"name":"«!name»","street":"«!street»","country":"«=DE|AT|FR»"},"iban":"«!iban»","total":«n:1-999».«d:2»}`, plainContext, false, 12},
	{"located", `{"geo":{"lat":«!lat»,"lng":«!lon»},"accuracy_m":«n:1-99»,"country":"«=SE|NO»"}`, ipContext, false, 12},
	{"cli_failed", `{"command":"tool push --token «!x:36» --region «=eu|us»","stderr":"fatal: Authentication failed for 'https://x:«!x:30»@git.«domain»/a.git'","exit":128}`, plainContext, false, 12},
	{"env_reported", `{"env":["PATH=/usr/bin","SECRET_KEY=«!x:40»","LANG=C"],"vars":{"DATABASE_URL":"mysql://«word»:«!safepw»@«host»/«word»","DEBUG":"«=false|true»"}}`, plainContext, false, 12},
	{"device_seen", `{"mac":"«!mac»","hostname":"«!first»s-MacBook-Air.local","serial":"«x:10»","os":"«=macOS 15.1|macOS 14.6»"}`, ipContext, false, 12},
	{"support_opened", `{"subject":"«=Login|Billing» problem","body":"Hi, my number is «!phone» and my mail is «!email», thanks","priority":"«=high|low»"}`, plainContext, false, 12},
}
