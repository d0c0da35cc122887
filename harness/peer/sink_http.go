package peer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

// httpSink is a server to which the program sends requests, of whatever method: their
// bodies are what it delivers. Every request is answered with 200 at its end, and counts as
// a finished operation; a connection may carry several, and ends as connections do.
type httpSink struct {
	tcpSink
	requests atomic.Int64
}

func newHTTPSink(config Config, s *sink) (kind, error) {
	under, err := openTCPSink(config, s)
	if err != nil {
		return nil, err
	}
	h := &httpSink{tcpSink: *under}
	s.operations = h.requests.Load
	h.each = h.exchange
	return h, nil
}

// exchange serves the requests of a connection, one after the other.
func (h *httpSink) exchange(ctx context.Context, c *sinkConn) error {
	reader := bufio.NewReaderSize(c, firstBuffer)
	for {
		request, err := http.ReadRequest(reader)
		if errors.Is(err, io.EOF) {
			return nil // between two requests
		}
		if err != nil {
			return err
		}
		if err := h.answer(c, request, reader); err != nil {
			return err
		}
		if request.Close {
			return nil
		}
	}
}

func (h *httpSink) answer(c net.Conn, request *http.Request, reader *bufio.Reader) error {
	if strings.EqualFold(request.Header.Get("Expect"), "100-continue") {
		if _, err := io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return err
		}
	}
	if err := h.take(bodyOf(request.Body, request.TransferEncoding, reader)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
		return err
	}
	h.requests.Add(1)
	return nil
}
