package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/highwater-dev/highwater/harness"
)

// maxRedirects is how many answers may send a client elsewhere.
const maxRedirects = 5

// httpClientSink downloads from the program, a connection for each download. Its bytes are
// those of the bodies, without HTTP's own. It speaks HTTP itself, a request and its
// answer: a client of net/http has two goroutines and 16 KiB of buffers more, and reads
// where no phase told it to.
type httpClientSink struct {
	*clients
	url string
}

func newHTTPClientSink(config Config, s *sink) (kind, error) {
	if config.Download == "" {
		return nil, fmt.Errorf("open sink: kind %q needs the program's host:port to download from", harness.SinkHTTPClient)
	}
	path := config.Sink.Path
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	h := &httpClientSink{clients: newClients(config, s), url: "http://" + config.Download + path}
	h.one = h.download
	return h, nil
}

func (h *httpClientSink) close() {}

func (h *httpClientSink) ready(ctx context.Context) error {
	conn, err := h.listens(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// download gets the body, from where it is redirected to if need be.
func (h *httpClientSink) download(ctx context.Context) error {
	from := h.url
	for range maxRedirects {
		elsewhere, err := h.get(ctx, from)
		if err != nil {
			return fmt.Errorf("download %s: %w", from, err)
		}
		if elsewhere == "" {
			return nil
		}
		from = elsewhere
	}
	return fmt.Errorf("download %s: redirected more than %d times", h.url, maxRedirects)
}

// get asks once, and takes the body or returns where it is to be had instead.
func (h *httpClientSink) get(ctx context.Context, from string) (elsewhere string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return "", err
	}
	request.Close = true
	conn, err := h.dial(ctx, withPort(request.URL))
	if err != nil {
		return "", err
	}
	defer closeWith(ctx, conn)()
	if err := request.Write(conn); err != nil {
		return "", err
	}
	reader := bufio.NewReaderSize(conn, h.readBuffer())
	answer, err := http.ReadResponse(reader, request)
	if err != nil {
		return "", noAnswer(conn, err)
	}
	switch {
	case answer.StatusCode == http.StatusOK:
		return "", noAnswer(conn, h.take(bodyOf(answer.Body, answer.TransferEncoding, reader)))
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		location, err := answer.Location()
		if err != nil {
			return "", fmt.Errorf("answered %s: %w", answer.Status, err)
		}
		return location.String(), nil
	}
	return "", errors.New("answered " + answer.Status)
}

// noAnswer tells why an answer broke off: the peer's own leave comes back as whatever
// the reader of HTTP makes of it.
func noAnswer(conn *sinkConn, err error) error {
	switch {
	case err != nil && conn.left.Load():
		return errLeft
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}

func withPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return u.Host + ":80"
}

// readBuffer is HTTP's read-ahead in bytes. It stays small with many clients, and
// saves a call a chunk with few; what it holds is parsed before anything more is read.
func (h *httpClientSink) readBuffer() int {
	if h.count > 64 || h.count == 0 {
		return firstBuffer
	}
	return maxChunk
}
