package config

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/headgate-dev/headgate/registry"
)

// Schema returns the JSON Schema (draft-07, what editors understand) of sinks.yaml
// with every sink type in r; [registry.Default] if nil.
func Schema(r *registry.Registry) ([]byte, error) {
	if r == nil {
		r = registry.Default
	}
	definitions := registry.SchemaDefinitions()
	types := r.Types()
	named := make(map[string]any, len(types))
	var byType []any
	for _, typ := range types {
		d, ok := r.Lookup(typ)
		if !ok {
			continue
		}
		definitions["sink_"+typ] = sinkSchema(d)
		named[typ] = object{
			"description": d.Summary,
			"if":          object{"type": "object", "required": []string{"type"}},
			"then":        object{"$ref": "#/definitions/sink"},
			"else":        object{"$ref": "#/definitions/sink_" + typ},
		}
		byType = append(byType, object{
			"if":   object{"properties": object{"type": object{"const": typ}}},
			"then": object{"$ref": "#/definitions/sink_" + typ},
		})
	}
	definitions["sink"] = object{
		"type": "object", "required": []string{"type"},
		"properties": object{"type": typeSchema(types)},
		"allOf":      byType,
	}
	root := registry.Schema(settingsOptions)
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "sinks.yaml of headgate"
	root["type"] = "object"
	root["definitions"] = definitions
	properties := root["properties"].(map[string]any)
	properties["defaults"] = withDescription(registry.Schema(deliveryOptions), "What stands for every sink that does not say otherwise.")
	properties["sinks"] = object{
		"description":          "Names of sinks with their options. Without any, the log sink runs alone.",
		"type":                 []string{"object", "null"},
		"propertyNames":        object{"pattern": sinkName.String()},
		"properties":           named,
		"additionalProperties": object{"$ref": "#/definitions/sink"},
	}
	return json.MarshalIndent(root, "", "  ")
}

type object = map[string]any

// sinkSchema describes what stands under the name of a sink: the core's keys and its own.
func sinkSchema(d registry.Descriptor) object {
	s := registry.Schema(d.Options)
	core := registry.Schema(deliveryOptions)
	properties := s["properties"].(object)
	maps.Copy(properties, core["properties"].(object))
	properties["type"] = object{"description": typeOption.Doc, "type": "string"}
	return withDescription(s, strings.Join(append([]string{d.Summary}, defaultsText(d)...), " "))
}

func typeSchema(types []string) object {
	return object{
		"description": typeOption.Doc,
		"anyOf":       []any{object{"enum": types}, object{"$ref": "#/definitions/reference"}},
	}
}

func withDescription(s object, text string) object {
	s["description"] = text
	return s
}
