package usage_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/usage"
)

// limit is the original's, in bytes of the URL there and of the JSON here.
const limit = 2048

func inputs(values map[string]any) usage.ComponentInputs {
	return usage.ComponentInputs{RunID: "test-run-id", ID: "test-comp-id", Name: "TestComponent", Inputs: values}
}

// fifty inputs, whose values are made by a function.
func fifty(value func(i int) string) map[string]any {
	values := map[string]any{}
	for i := range 50 {
		values[fmt.Sprintf("input_%d", i)] = value(i)
	}
	return values
}

func hundredBytes(int) string { return strings.Repeat("x", 100) }

// checkChunks makes sure of what every split must keep to, and returns the inputs put together.
func checkChunks(t interface{ Errorf(string, ...any) }, of usage.ComponentInputs, max int) (chunks []usage.ComponentInputs, merged map[string]any) {
	chunks, merged = of.Split(max), map[string]any{}
	for i, c := range chunks {
		if size := sizeOf(c); size > max {
			t.Errorf("chunk %d has %d bytes, more than %d", i, size, max)
		}
		if c.RunID != of.RunID || c.ID != of.ID || c.Name != of.Name {
			t.Errorf("chunk %d is of %s %s %s", i, c.RunID, c.ID, c.Name)
		}
		if len(chunks) > 1 && (c.ChunkIndex == nil || *c.ChunkIndex != int64(i) || c.TotalChunks == nil || *c.TotalChunks != int64(len(chunks))) {
			t.Errorf("chunk %d of %d says %v of %v", i, len(chunks), c.ChunkIndex, c.TotalChunks)
		}
		for key, value := range c.Inputs {
			if _, twice := merged[key]; twice {
				t.Errorf("%q is in two chunks", key)
			}
			merged[key] = value
		}
	}
	if len(chunks) == 0 {
		t.Errorf("there is no chunk")
	}
	return chunks, merged
}

func sizeOf(v any) int {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return len(text)
}

// TestTheUnitTestsOfLangflowsInputsPass has what the unit tests of Langflow's splitting of
// component inputs state, under their names. The size is that of the JSON that is sent; the
// original estimates that of a URL, and errs.
func TestTheUnitTestsOfLangflowsInputsPass(t *testing.T) {
	one := map[string]any{"input1": "value1"}
	for name, test := range map[string]func(t *testing.T){
		"test_chunk_fields_serialize_with_aliases": func(t *testing.T) {
			p := inputs(one)
			p.ChunkIndex, p.TotalChunks = new(int64(2)), new(int64(5))
			text, _ := json.Marshal(p)
			if !strings.Contains(string(text), `"chunkIndex":2,"totalChunks":5`) {
				t.Errorf("got %s", text)
			}
		},
		"test_chunk_fields_optional_default_none": func(t *testing.T) {
			if text, _ := json.Marshal(inputs(one)); strings.Contains(strings.ToLower(string(text)), "chunk") {
				t.Errorf("got %s", text)
			}
		},
		"test_split_if_needed_no_split_returns_single_payload": func(t *testing.T) {
			if diff := cmp.Diff([]usage.ComponentInputs{inputs(one)}, inputs(one).Split(limit)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		},
		"test_split_if_needed_no_split_has_no_chunk_metadata": func(t *testing.T) {
			if c := inputs(one).Split(limit)[0]; c.ChunkIndex != nil || c.TotalChunks != nil {
				t.Errorf("got %+v", c)
			}
		},
		"test_split_if_needed_splits_large_payload": func(t *testing.T) {
			if chunks, _ := checkChunks(t, inputs(fifty(hundredBytes)), limit); len(chunks) != 4 { // 50 × 115 bytes in chunks of 1.9 kB
				t.Errorf("there are %d chunks", len(chunks))
			}
		},
		"test_split_preserves_fixed_fields": func(t *testing.T) { checkChunks(t, inputs(fifty(hundredBytes)), limit) },
		"test_split_chunk_metadata_correct": func(t *testing.T) { checkChunks(t, inputs(fifty(hundredBytes)), limit) },
		"test_split_chunks_respect_max_size": func(t *testing.T) {
			for max := 500; max < 4000; max += 7 {
				checkChunks(t, inputs(fifty(hundredBytes)), max)
			}
		},
		"test_split_preserves_all_data": func(t *testing.T) {
			values := fifty(func(i int) string { return fmt.Sprint("value_", i, strings.Repeat(" & <ü>", 10)) })
			if _, merged := checkChunks(t, inputs(values), limit); !cmp.Equal(values, merged) {
				t.Errorf("(-want +got):\n%s", cmp.Diff(values, merged))
			}
		},
		"test_split_truncates_oversized_single_field": func(t *testing.T) {
			chunks, merged := checkChunks(t, inputs(map[string]any{"large_field": strings.Repeat("x", 3000)}), limit)
			text, _ := merged["large_field"].(string)
			if len(chunks) != 1 || !strings.HasSuffix(text, "...[truncated]") || sizeOf(chunks[0]) < limit-20 {
				t.Errorf("%d chunks, the value has %d bytes", len(chunks), len(text))
			}
			if c := chunks[0]; *c.ChunkIndex != 0 || *c.TotalChunks != 1 {
				t.Errorf("a chunk alone says %d of %d", *c.ChunkIndex, *c.TotalChunks)
			}
		},
		"test_split_handles_empty_inputs": func(t *testing.T) {
			for _, empty := range []map[string]any{{}, nil} {
				if chunks, merged := checkChunks(t, inputs(empty), limit); len(chunks) != 1 || len(merged) != 0 || chunks[0].Inputs == nil {
					t.Errorf("got %+v", chunks)
				}
			}
		},
		"test_split_truncates_oversized_non_string_field": func(t *testing.T) {
			list := make([]any, 100)
			for i := range list {
				list[i] = map[string]any{"key": strings.Repeat("value", 100)}
			}
			_, merged := checkChunks(t, inputs(map[string]any{"large_list": list}), limit)
			if text, isText := merged["large_list"].(string); !isText || !strings.HasPrefix(text, `[{"key":"value`) || !strings.HasSuffix(text, "...[truncated]") {
				t.Errorf("got %.60v", merged["large_list"])
			}
		},
		"test_split_truncates_oversized_field_in_multi_field_payload": func(t *testing.T) {
			values := map[string]any{"normal1": "value1", "normal2": "value2", "huge_field": strings.Repeat("x", 5000), "normal3": "value3"}
			chunks, merged := checkChunks(t, inputs(values), limit)
			text, _ := merged["huge_field"].(string)
			if len(chunks) < 2 || len(text) >= 5000 || !strings.HasSuffix(text, "...[truncated]") {
				t.Errorf("%d chunks, the value has %d bytes", len(chunks), len(text))
			}
			for _, name := range []string{"normal1", "normal2", "normal3"} {
				if merged[name] != values[name] {
					t.Errorf("%s is %v", name, merged[name])
				}
			}
		},
		"test_property_split_never_exceeds_max_size":         checkAnyInputs,
		"test_property_split_preserves_all_data":             checkAnyInputs,
		"test_property_fixed_fields_identical_across_chunks": checkAnyInputs,
		"test_property_chunk_indices_sequential":             checkAnyInputs,
		"test_property_handles_special_characters":           checkAnyInputs,
	} {
		t.Run(name, test)
	}
}

// checkAnyInputs draws inputs with names and texts of any characters.
func checkAnyInputs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.MapOf(rapid.StringN(1, 50, -1), rapid.StringN(0, 200, -1)).Draw(t, "inputs")
		values := map[string]any{}
		for key, value := range drawn {
			values[key] = value
		}
		p := inputs(values)
		p.RunID, p.ID, p.Name = rapid.StringN(1, 40, 60).Draw(t, "run"), rapid.StringN(1, 40, 60).Draw(t, "id"), rapid.StringN(1, 40, 60).Draw(t, "name")
		max := rapid.IntRange(1500, 4096).Draw(t, "max")
		chunks, merged := checkChunks(t, p, max)
		for key, value := range merged {
			if text, _ := value.(string); strings.Contains(text, "...[truncated]") || strings.Contains(key, "...[truncated]") {
				return
			}
		}
		if !cmp.Equal(values, merged) {
			t.Errorf("%d chunks (-want +got):\n%s", len(chunks), cmp.Diff(values, merged))
		}
	})
}

func TestInputsOfAnySizeAreSplitIntoWhatFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := map[string]any{}
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			key := strings.Repeat(rapid.String().Draw(t, "key"), rapid.IntRange(1, 40).Draw(t, "times"))
			values[key] = rapid.OneOf(
				rapid.Map(rapid.String(), func(s string) any { return strings.Repeat(s, 50) }),
				rapid.Map(rapid.Float64(), func(f float64) any { return f }),
				rapid.Map(rapid.SliceOf(rapid.String()), func(s []string) any { return s }),
				rapid.Just[any](make(chan int)), rapid.Just[any](nil), rapid.Just[any](panics{}),
			).Draw(t, "value")
		}
		chunks, merged := checkChunks(t, inputs(values), 450) // the least there is always room for, and the ids
		if len(merged) != len(values) {
			t.Errorf("of %d inputs %d are in %d chunks", len(values), len(merged), len(chunks))
		}
	})
}

func TestInputsThatAreTooLargeForAnEventComeAsSeveral(t *testing.T) {
	s, d, tap := open(t, usage.Options{App: langflow})
	wantNil(t, s.LogComponentInputs(t.Context(), inputs(fifty(func(int) string { return strings.Repeat("word ", 200) }))))
	events := arrived(t, d, tap)
	if len(events) != 4 {
		t.Fatalf("there are %d events", len(events))
	}
	got := map[string]any{}
	for i, e := range events {
		if e.Props["chunkIndex"] != float64(i) || e.Props["totalChunks"] != 4.0 || sizeOf(e.Props) > 17<<10 {
			t.Errorf("event %d is chunk %v of %v, with %d bytes", i, e.Props["chunkIndex"], e.Props["totalChunks"], sizeOf(e.Props))
		}
		for key, value := range e.Props["componentInputs"].(map[string]any) {
			got[key] = value
		}
	}
	if len(got) != 50 {
		t.Errorf("%d inputs came", len(got))
	}
}
