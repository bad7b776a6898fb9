// Package pyliteral reads Python literals, the text that repr makes of plain values:
//
//	{'a': 'v 1', 'b': True, 'n': None, 'l': [1, 2], 'q': "it's"}
//
// A Langflow backend sends the inputs of a component in this form, which no JSON
// parser takes.
package pyliteral
