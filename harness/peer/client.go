package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/highwater-dev/highwater/harness"
)

// Client talks to a peer's control port.
type Client struct {
	// Base is the port's URL, such as http://127.0.0.1:40123.
	Base string
	// HTTP is used for requests; nil: http.DefaultClient.
	HTTP *http.Client
}

// Ready returns nil once the load can begin; the error says why it cannot yet.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.do(ctx, http.MethodGet, "/ready", nil)
	return err
}

// Start lets the load begin. Before the first Phase nothing flows yet.
func (c *Client) Start(ctx context.Context) error {
	_, err := c.do(ctx, http.MethodPost, "/start", nil)
	return err
}

// Phase begins a phase; the one before is over when it returns.
func (c *Client) Phase(ctx context.Context, phase harness.Phase) error {
	body, err := json.Marshal(phase)
	if err != nil {
		return fmt.Errorf("encode phase: %w", err)
	}
	_, err = c.do(ctx, http.MethodPost, "/phase", body)
	return err
}

// Stats returns every number the peer counts, as of now.
func (c *Client) Stats(ctx context.Context) (map[harness.Metric]float64, error) {
	body, err := c.do(ctx, http.MethodGet, "/stats", nil)
	if err != nil {
		return nil, err
	}
	values := map[harness.Metric]float64{}
	if err := json.Unmarshal(body, &values); err != nil {
		return nil, fmt.Errorf("read peer's stats: %w", err)
	}
	return values, nil
}

// DebugURL is where the program's debug port appears.
func (c *Client) DebugURL() string { return c.Base + programPath }

func (c *Client) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask peer: %w", err)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask peer: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("ask peer: %w", err)
	}
	if answer.StatusCode >= 300 {
		return nil, fmt.Errorf("ask peer %s: %w", path, errors.New(strings.TrimSpace(string(text))))
	}
	return text, nil
}
