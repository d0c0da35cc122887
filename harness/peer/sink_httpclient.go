package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// httpClientSink downloads from the program: so many clients at once, one download
// each. Its bytes are those of the bodies, without HTTP's own.
type httpClientSink struct {
	*sink
	dialer  net.Dialer
	target  string // host:port
	url     string
	clients int
}

func newHTTPClientSink(config Config, s *sink) (kind, error) {
	if config.Download == "" {
		return nil, fmt.Errorf("open sink: kind %q needs the program's host:port to download from", harness.SinkHTTPClient)
	}
	h := &httpClientSink{sink: s, target: config.Download, clients: max(config.Sink.Clients, 1)}
	path := config.Sink.Path
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	h.url = "http://" + config.Download + path
	h.dialer.Control = setReceiveBuffer(int(config.Sink.ReceiveBuffer))
	h.dialer.SetMultipathTCP(false)
	return h, nil
}

func (h *httpClientSink) address() string { return "" }

func (h *httpClientSink) close() {}

func (h *httpClientSink) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := h.dialer.DialContext(ctx, "tcp", h.target)
	if err != nil {
		return fmt.Errorf("the program does not listen: %w", err)
	}
	return conn.Close()
}

func (h *httpClientSink) serve(ctx context.Context) {
	select {
	case <-h.phases.start:
	case <-ctx.Done():
		return
	}
	transport := h.transport()
	var all sync.WaitGroup
	for range h.clients {
		all.Go(func() { h.settle(ctx, h.download(ctx, transport)) })
	}
	all.Wait()
	<-ctx.Done()
}

// transport opens a connection for each download, and closes it afterwards.
func (h *httpClientSink) transport() *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := h.dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			c, err := h.adopt(conn)
			if err != nil {
				return nil, errors.Join(err, conn.Close())
			}
			return c, nil
		},
		DisableKeepAlives:  true,
		DisableCompression: true,
		ReadBufferSize:     h.readBuffer(),
		WriteBufferSize:    512, // bytes: a GET and its few headers
	}
}

// readBuffer is HTTP's read-ahead in bytes. It stays small with many clients, and
// saves a call a chunk with few; what it holds was parsed at once, never left lying.
func (h *httpClientSink) readBuffer() int {
	if h.clients > 64 {
		return firstBuffer
	}
	return maxChunk
}

func (h *httpClientSink) download(ctx context.Context, transport *http.Transport) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url, nil)
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("download %s: %w", h.url, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New("download " + h.url + ": answered " + answer.Status)
	}
	if err := h.take(answer.Body); err != nil {
		return fmt.Errorf("download %s: %w", h.url, err)
	}
	return nil
}
