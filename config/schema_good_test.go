package config_test

import (
	"encoding/pem"
	"strings"

	"github.com/headgate-dev/headgate/registry"
)

// instead are the keys that a key takes the place of.
var instead = map[string][]string{
	"ga4.firebase_app_id":   {"measurement_id"},
	"warehouse.dsn":         {"host", "database", "user", "path", "account", "private_key_file"},
	"warehouse.token":       {"private_key_file"},
	"warehouse.token_file":  {"private_key_file"},
	"warehouse.private_key": {"private_key_file"},
	"warehouse.password":    {"private_key_file"},
}

// goodText are values for keys whose text has a form, by the path of the key.
var goodText = map[string]any{
	"server.listen":               "127.0.0.1:8430",
	"admin.listen":                "127.0.0.1:8431",
	"server.cors.allowed_origins": []any{"https://app.example.com"},
	"privacy.hash_key":            strings.Repeat("k", 32),
	"privacy.hash_key_file":       "${HASHES}",
	"queue.url":                   "nats://127.0.0.1:4222",
	"when":                        "props.seconds > 1",
	"set":                         object{"slow": "props.seconds > 60"},
	"kitchen.url":                 "https://example.com/in",
	"retry.initial":               "1s",
	"retry.max":                   "1h",
	"warehouse.table":             "telemetry_events",
	"warehouse.credentials":       `{"type": "service_account"}`,
	"warehouse.private_key":       pemOf("PRIVATE KEY"),
}

// pemOf returns what has the form of a key, and is none.
func pemOf(kind string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("x")}))
}

// good returns a value that the option takes.
func good(o *registry.Option, path string) any {
	if v, ok := goodText[path]; ok {
		return v
	}
	switch o.Kind {
	case registry.KindObject:
		return withRequired(object{}, o.Options, path)
	case registry.KindList:
		return []any{goodWord(o)}
	case registry.KindMap:
		return object{"a": "b"}
	case registry.KindBool:
		return true
	case registry.KindInt, registry.KindFloat:
		return 1
	case registry.KindDuration:
		return "20s"
	case registry.KindSize:
		return "1MiB"
	}
	return goodWord(o)
}

func goodWord(o *registry.Option) string {
	switch {
	case o.Enum != nil:
		return o.Enum[0]
	case o.Kind == registry.KindString && o.Example != "" && !strings.Contains(o.Example, "${"):
		return o.Example
	}
	return "x"
}
