package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

// forgetTimeout bounds the question to the daemon, which may have a large queue to read.
const forgetTimeout = 5 * time.Minute

// forgetFlags are the flags of "headgate forget".
type forgetFlags struct {
	anonymous, admin string
	outboxes         []string
	execute          bool
}

func newForget(a *app) *cobra.Command {
	var f forgetFlags
	cmd := &cobra.Command{
		Use:   "forget USER_ID",
		Short: "Erase what is queued of a person, and ask every sink's destination to delete the rest",
		Long: `Erases the queued events and the dead letters of a person: in the running daemon, or if
none runs, on disk or in the stream; and what programs that end at once have left in their
outboxes. Then prints for each sink what deletes the events that it was sent: the
request or the statement, under the ids that the sink was given.

With --execute these are executed as well, where the sink's options hold the credentials that
it takes; exits with 1 unless all of them were.

Events that come later are taken as ever.`,
		Example: `  headgate forget user-42
  headgate forget --anonymous-id 0190163d-8694-739b-aea5-966c26f8ad90 --execute`,
		RunE: func(cmd *cobra.Command, args []string) error {
			who := core.Person{AnonymousID: f.anonymous}
			switch {
			case len(args) > 1:
				return usagef("name one person; quote an id that has spaces in it")
			case len(args) == 1:
				who.UserID = args[0]
			}
			if core.IsPlaceholder(who.UserID) && core.IsPlaceholder(who.AnonymousID) {
				return usagef("name a person: by user id, or with --anonymous-id")
			}
			return a.forget(cmd.Context(), who, f)
		},
	}
	cmd.Flags().StringVar(&f.anonymous, "anonymous-id", "", "also what is known under the anonymous id `ID`")
	cmd.Flags().StringVar(&f.admin, "admin", "", "`ADDR` or URL of the daemon's admin listener (default: admin.listen of the configuration)")
	addOutboxFlag(cmd.Flags(), &f.outboxes)
	cmd.Flags().BoolVar(&f.execute, "execute", false, "ask the destinations, too")
	return a.takesJSON(cmd)
}

// forgetting is what "headgate forget" prints.
type forgetting struct {
	Queue    queueForgotten      `json:"queue"`
	Outboxes []outboxForgotten   `json:"outboxes,omitempty"`
	Sinks    []core.SinkDeletion `json:"sinks"`
}

// queueForgotten is what was erased, and where.
type queueForgotten struct {
	// Where is "daemon", "disk", "stream" or, if nothing is queued anywhere, "".
	Where string `json:"where"`
	core.Forgotten
	Error string `json:"error,omitempty"`

	place string // for people
}

func (a *app) forget(ctx context.Context, who core.Person, f forgetFlags) error {
	file, err := a.load(config.Options{Logger: a.logger()})
	if err != nil {
		return err
	}
	if f.admin == "" {
		f.admin = file.Admin.Listen
	}
	boxes, err := outboxes(file, f.outboxes)
	if err != nil {
		return err
	}
	options := []core.Option{core.WithLogger(a.logger()), core.WithEnviron(a.lookup)}
	result := forgetting{
		Queue:    eraseQueued(ctx, file, f.admin, who, options),
		Outboxes: forgetInOutboxes(file, boxes, who, options),
		Sinks:    []core.SinkDeletion{},
	}
	// Else what is queued would come in after it was deleted.
	execute := f.execute && !result.left()
	deletions, err := core.Deletions(ctx, file.Core(), who, execute, options...)
	if err != nil {
		return err
	}
	result.Sinks = append(result.Sinks, deletions...)
	if a.json {
		err = a.printJSON(result)
	} else {
		_, err = fmt.Fprint(a.out, result.text(f.execute))
	}
	if err == nil && result.failed(f.execute) {
		return errFailed // it is in the output
	}
	return err
}

// eraseQueued erases what is queued: the daemon does, or if it does not have the queue open, this
// process.
func eraseQueued(ctx context.Context, file *config.File, admin string, who core.Person, options []core.Option) queueForgotten {
	q := queueForgotten{Where: "daemon", place: "the daemon at " + admin}
	notOpen, err := askToForget(ctx, admin, who, &q.Forgotten)
	if !notOpen && !errors.Is(err, errNoDaemon) {
		if err != nil {
			q.Error = err.Error()
		}
		return q
	}
	switch file.Queue.Type {
	case "memory":
		return queueForgotten{Forgotten: core.Forgotten{DeadLetters: map[string]int{}}}
	case "disk":
		q = queueForgotten{Where: "disk", place: file.Queue.Dir}
	default:
		q = queueForgotten{Where: "stream", place: "the stream " + file.Queue.Stream}
	}
	ctx, cancel := context.WithTimeout(ctx, forgetTimeout)
	defer cancel()
	if q.Forgotten, err = file.Forget(ctx, who, options...); err != nil {
		q.Error = err.Error()
	}
	return q
}

// askToForget asks the daemon, and reports whether it does not have its queue open.
func askToForget(ctx context.Context, admin string, who core.Person, got *core.Forgotten) (notOpen bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, forgetTimeout)
	defer cancel()
	_, path, _ := strings.Cut(server.ForgetPattern, " ")
	status, body, err := postToDaemon(ctx, admin, path, url.Values{"user_id": {who.UserID}, "anonymous_id": {who.AnonymousID}})
	if err != nil {
		return false, err
	}
	if status == http.StatusOK {
		return false, json.Unmarshal(body, got)
	}
	var failure server.ForgetFailure
	if json.Unmarshal(body, &failure) != nil || failure.Error == "" {
		return false, fmt.Errorf("ask %s to forget somebody: it answers %d", admin, status)
	}
	*got = failure.Forgotten
	return failure.NotOpen, errors.New(failure.Error)
}

// left reports whether something of the person is still queued.
func (r forgetting) left() bool {
	return r.Queue.Error != "" || slices.ContainsFunc(r.Outboxes, func(f outboxForgotten) bool { return f.Error != "" })
}

// failed reports whether something was not done that was asked for.
func (r forgetting) failed(execute bool) bool {
	return r.left() || slices.ContainsFunc(r.Sinks, func(s core.SinkDeletion) bool {
		return s.Error != "" || execute && len(s.Requests) > 0 && !s.Executed
	})
}

func (r forgetting) text(execute bool) string {
	var b strings.Builder
	b.WriteString(r.Queue.text())
	for _, f := range r.Outboxes {
		b.WriteString(f.text())
	}
	for _, s := range r.Sinks {
		b.WriteByte('\n')
		b.WriteString(deletionText(s, execute))
	}
	return b.String()
}

func (q queueForgotten) text() string {
	if q.Where == "" {
		return "nothing is queued: no daemon runs, and the queue is not on disk\n"
	}
	text := fmt.Sprintf("%s: %d events were erased", visible(q.place), q.Events)
	for _, sink := range slices.Sorted(maps.Keys(q.DeadLetters)) {
		text += fmt.Sprintf(", %d dead letters of %s", q.DeadLetters[sink], visible(sink))
	}
	if q.Error != "" {
		text += "\nnot everything: " + visible(q.Error)
	}
	return text + "\n"
}

func deletionText(s core.SinkDeletion, execute bool) string {
	var b strings.Builder
	b.WriteString(visible(s.Sink))
	if s.Type != s.Sink {
		fmt.Fprintf(&b, " (%s)", visible(s.Type))
	}
	b.WriteByte('\n')
	for _, r := range s.Requests {
		b.WriteString(indent(commandText(r)))
	}
	switch {
	case s.Error != "":
		fmt.Fprintf(&b, "  failed: %s\n", visible(s.Error))
	case s.Executed:
		fmt.Fprintf(&b, "  done: %s\n", visible(s.Answer))
	case len(s.Needs) > 0:
		fmt.Fprintf(&b, "  not executed: set %s of the sink for that\n", visible(strings.Join(s.Needs, " and ")))
	case len(s.Requests) > 0 && execute:
		b.WriteString("  not executed: the queue comes first\n")
	case len(s.Requests) > 0:
		b.WriteString("  not executed: --execute does\n")
	}
	for _, note := range s.Notes {
		fmt.Fprintf(&b, "  note: %s\n", visible(note))
	}
	return b.String()
}

// commandText is what to type to make a request by hand, or the statement.
func commandText(r core.Request) string {
	if r.URL == "" {
		return fmt.Sprintf("-- %s\n%s;", r.Target, r.Body)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "curl -X %s %s", r.Method, shellQuote(r.URL))
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fmt.Fprintf(&b, " \\\n  -H %s", shellQuote(name+": "+value))
		}
	}
	fmt.Fprintf(&b, " \\\n  --data-raw %s", shellQuote(r.Body))
	return b.String()
}

// shellQuote quotes a text for a POSIX shell.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
