// Package post sends batches as a floor does: with net/http, and nothing around it.
package post

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Batch posts a batch of events, and returns an error unless the answer is 200. The connection can be used again.
func Batch(web *http.Client, url string, batch []byte) error {
	resp, err := web.Post(url, "application/json", bytes.NewReader(batch))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the sink answered %s", resp.Status)
	}
	return nil
}
