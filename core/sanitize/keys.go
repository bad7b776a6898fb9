package sanitize

type class uint8

const (
	classNone class = iota
	classPlain
	classAllowed
	classError
	classSoftSecret
	classSecret
	firstNumberClass
	classBirth
)

func (c class) sensitive() bool { return c >= classSoftSecret }

type keyInfo struct {
	class                class
	altered, alteredKind string
}

func (e *Encoder) classify(key string, o *object) keyInfo { return keyInfo{} }
func (e *Encoder) classifyName(s string) class            { return classNone }
func (e *Encoder) pairClass(m map[string]any) class       { return classNone }
func (w *walker) pairClass() class                        { return classNone }
func foldedKey(k string) string                           { return k }

const minCardDigits = 12

func numberKind(s string, k keyInfo) string { return "" }

type span struct{ from, to int }
type hit struct{}

func (e *Encoder) text(dst []byte, s string, k keyInfo) []byte { return appendQuoted(dst, s) }
func (e *Encoder) identity(dst []byte, s string) []byte        { return appendQuoted(dst, s) }
