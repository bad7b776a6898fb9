package registry_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/registry"
)

func TestASchemaSaysWhatTheTagsSay(t *testing.T) {
	type options struct {
		URL   string        `yaml:"url" required:"true" doc:"Where to." example:"https://example.com"`
		Mode  string        `yaml:"mode" default:"a" enum:"a,b" doc:"How."`
		Count int           `yaml:"count" default:"3" min:"1" max:"9" doc:"How many."`
		Share *float64      `yaml:"share" min:">0" max:"1" doc:"What part."`
		Tiny  int8          `yaml:"tiny" doc:"How few."`
		Wait  time.Duration `yaml:"wait" min:"1s" doc:"How long."`
		Shift time.Duration `yaml:"shift" min:"-1h" doc:"How far."`
		Room  registry.Size `yaml:"room" max:"1KiB" doc:"How large."`
		Names []string      `yaml:"names" required:"true" example:"a,b" doc:"Who."`
		Inner struct {
			On bool `yaml:"on" default:"true" doc:"Whether."`
		} `yaml:"inner" doc:"More."`
	}
	described, err := registry.Options(reflect.TypeFor[options]())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(registry.Schema(described), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const negative = `^-(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`
	var want, have any
	if err := json.Unmarshal([]byte(`{
	"type": "object", "additionalProperties": false, "required": ["url", "names"],
	"properties": {
		"url": {"type": ["string", "number"], "minLength": 1, "description": "Where to.", "examples": ["https://example.com"]},
		"mode": {"anyOf": [{"type": "null"}, {"enum": ["a", "b"]}, {"$ref": "#/definitions/reference"}], "description": "How.", "default": "a"},
		"count": {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 1, "maximum": 9}, {"$ref": "#/definitions/reference"}], "description": "How many.", "default": 3},
		"share": {"anyOf": [{"type": "null"}, {"type": "number", "exclusiveMinimum": 0, "maximum": 1}, {"$ref": "#/definitions/reference"}], "description": "What part."},
		"tiny": {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": -128, "maximum": 127}, {"$ref": "#/definitions/reference"}], "description": "How few."},
		"wait": {"anyOf": [{"type": "null"}, {"allOf": [{"$ref": "#/definitions/duration"}, {"pattern": "[1-9]"}]}, {"$ref": "#/definitions/reference"}], "description": "How long."},
		"shift": {"anyOf": [{"type": "null"}, {"$ref": "#/definitions/duration"}, {"const": 0}, {"allOf": [{"type": "string", "pattern": "`+negative+`"}, {"pattern": "[1-9]"}]}, {"$ref": "#/definitions/reference"}], "description": "How far."},
		"room": {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 0, "maximum": 1024}, {"$ref": "#/definitions/size"}, {"$ref": "#/definitions/reference"}], "description": "How large."},
		"names": {"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}, "description": "Who.", "examples": [["a", "b"]]},
		"inner": {"type": ["object", "null"], "additionalProperties": false, "description": "More.", "properties": {
			"on": {"anyOf": [{"type": "null"}, {"type": "boolean"}, {"$ref": "#/definitions/reference"}], "description": "Whether.", "default": true}
		}}
	}}`), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &have); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}
