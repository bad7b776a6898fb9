package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

// letterBox says whose dead letters are meant.
type letterBox struct{ sink, admin string }

// letters are dead letters, wherever they are.
type letters interface {
	sinks(ctx context.Context) ([]string, error)
	list(ctx context.Context, sink, id string) (server.DeadLetterList, error)
	replay(ctx context.Context, sink string, opts core.ReplayOptions) (core.Replayed, error)
	purge(ctx context.Context, sink string) (int, error)
}

// withLetters calls f with the dead letters of the running daemon, or if there is none, with
// those on disk.
func (a *app) withLetters(ctx context.Context, b letterBox, f func(context.Context, letters) error) error {
	admin := b.admin
	if admin == "" {
		var err error
		if admin, err = a.adminAddress(); err != nil {
			return err
		}
	}
	remote := daemonLetters{admin}
	_, err := remote.sinks(ctx)
	if !errors.Is(err, errNoDaemon) || b.admin != "" {
		if err != nil {
			return err
		}
		return f(ctx, remote)
	}
	file, loadErr := a.load(config.Options{})
	if loadErr != nil {
		return loadErr
	}
	if !file.KeepsLetters() {
		return fmt.Errorf("%w; dead letters of a queue of type %s are gone with its process", err, file.Queue.Type)
	}
	return a.withStoredLetters(ctx, file, f)
}

// withStoredLetters calls f with the dead letters on disk. A dispatcher is started only to send.
func (a *app) withStoredLetters(ctx context.Context, file *config.File, f func(context.Context, letters) error) (err error) {
	box, err := core.OpenDeadLetters(file.Core(), core.WithLogger(a.logger()), core.WithEnviron(a.lookup))
	if err != nil {
		return err
	}
	open := true
	defer func() {
		if open {
			err = errors.Join(err, box.Close())
		}
	}()
	resend := func(ctx context.Context, sink string, opts core.ReplayOptions) (got core.Replayed, err error) {
		if open {
			open = false
			if err := box.Close(); err != nil {
				return got, err
			}
		}
		settings := file.Core()
		if file.Queue.Type != "disk" { // what is in the queue is for the processes that run
			settings.Queue.Open = nil
		}
		d, err := core.New(settings, core.WithLogger(a.logger()), core.WithEnviron(a.lookup))
		if err != nil {
			return got, err
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), file.ShutdownTimeout)
			defer cancel()
			err = errors.Join(err, d.Close(ctx))
		}()
		return d.ReplayDeadLetters(ctx, sink, opts)
	}
	return f(ctx, boxLetters{box: box, resend: resend})
}

// daemonLetters are those of the daemon with this admin address.
type daemonLetters struct{ admin string }

// ask asks the daemon, and decodes what it answers with 200, or else its error.
func (d daemonLetters) ask(ctx context.Context, method, path string, query url.Values, answer any) error {
	status, body, err := askDaemon(ctx, d.admin, method, path, query)
	if err != nil {
		return err
	}
	var failure struct {
		Error string `json:"error"`
	}
	if status != http.StatusOK {
		if json.Unmarshal(body, &failure) != nil || failure.Error == "" {
			return fmt.Errorf("ask %s for dead letters: it answers %d", d.admin, status)
		}
		_ = json.Unmarshal(body, answer) // what was done until then
		return errors.New(failure.Error)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("read the answer of the daemon: it is not what this version of headgate understands: %w", err)
	}
	return nil
}

func (d daemonLetters) sinks(ctx context.Context) (names []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	var list server.DeadLetterList
	err = d.ask(ctx, http.MethodGet, "/v1/deadletters", url.Values{"id": {"-"}}, &list)
	return list.Sinks, err
}

func (d daemonLetters) list(ctx context.Context, sink, id string) (list server.DeadLetterList, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	query := url.Values{}
	for key, value := range map[string]string{"sink": sink, "id": id} {
		if value != "" {
			query.Set(key, value)
		}
	}
	err = d.ask(ctx, http.MethodGet, "/v1/deadletters", query, &list)
	return list, err
}

func (d daemonLetters) replay(ctx context.Context, sink string, opts core.ReplayOptions) (got core.Replayed, err error) {
	query := url.Values{"sink": {sink}, "rate": {strconv.FormatFloat(opts.Rate, 'g', -1, 64)}, "id": opts.IDs}
	err = d.ask(ctx, http.MethodPost, "/v1/deadletters/replay", query, &got)
	return got, err
}

func (d daemonLetters) purge(ctx context.Context, sink string) (int, error) {
	var got struct{ Purged int }
	err := d.ask(ctx, http.MethodPost, "/v1/deadletters/purge", url.Values{"sink": {sink}}, &got)
	return got.Purged, err
}
