package wire

import "testing"

func TestAShapePastABoundSaysWhichOne(t *testing.T) {
	for _, c := range []struct {
		shape Shape
		want  string
	}{
		{Shape{MaxDepth, MaxValues}, ""},
		{Shape{MaxDepth + 1, 1}, "nested deeper than 64"},
		{Shape{1, MaxValues + 1}, "more than 10000 values"},
	} {
		got := ""
		if err := c.shape.Check(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: got %q, want %q", c.shape, got, c.want)
		}
	}
}
