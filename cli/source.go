package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// eventSource says which events a command is about: the one that its arguments
// describe, or those of a file.
type eventSource struct {
	who  eventFlags
	file string
}

func (s *eventSource) add(cmd *cobra.Command) {
	s.who.add(cmd)
	cmd.Flags().StringVarP(&s.file, "file", "f", "", "take the events of `FILE`, one JSON object per line; - for standard input")
	cmd.Args = s.check
}

// check checks the arguments of the command.
func (s *eventSource) check(_ *cobra.Command, args []string) error {
	switch {
	case s.file == "" && len(args) == 0:
		return usagef("name an event, or give --file")
	case s.file != "" && len(args) > 0:
		return usagef("give either an event or --file, not both")
	case s.file != "" && s.who != eventFlags{}:
		return usagef("the events of --file say themselves what and whose they are; --id, --kind, --user, --anonymous-id and --session do not go with it")
	}
	return nil
}

// badLines reports lines of a file that hold no event.
type badLines struct {
	*app
	most int // how many are reported one by one, 0 for all
	n    int
}

func (b *badLines) report(file string, line int, err error) {
	b.n++
	if b.most > 0 && b.n > b.most {
		return
	}
	fmt.Fprintf(b.err, "headgate: %s\n", visible(fmt.Sprintf("%s:%d: %s", file, line, message(err))))
	if b.n == b.most {
		fmt.Fprintln(b.err, "headgate: further lines like this are counted, not shown")
	}
}
