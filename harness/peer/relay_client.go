package peer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"

	"github.com/hashicorp/yamux"
)

// Dial connects to an address as the peer sees it: a service on the run's network.
func (c *Client) Dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := c.upgrade(ctx, "/dial?address="+url.QueryEscape(address))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return conn, nil
}

// Forward opens the line by which each connection that the program opens to the peer's
// relay port becomes one of dial's, until ctx is done. The returned function waits
// until all are closed.
func (c *Client) Forward(ctx context.Context, dial func(context.Context) (net.Conn, error)) (wait func(), err error) {
	conn, err := c.upgrade(ctx, "/line")
	if err != nil {
		return nil, fmt.Errorf("open relay: %w", err)
	}
	line, err := yamux.Server(conn, lineConfig())
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open relay: %w", err)
	}
	context.AfterFunc(ctx, func() { line.Close() })
	var all sync.WaitGroup
	all.Go(func() {
		for {
			stream, err := line.AcceptStream()
			if err != nil {
				return
			}
			all.Go(func() {
				defer stream.Close() // where nothing answers, the program sees a server that hangs up
				if there, err := dial(ctx); err == nil {
					carry(ctx, stream, there)
				}
			})
		}
	})
	return all.Wait, nil
}

// upgrade asks for a path on a connection of its own and returns it once the peer says go.
func (c *Client) upgrade(ctx context.Context, path string) (net.Conn, error) {
	request, err := http.NewRequest(http.MethodGet, c.Base+path, nil)
	if err != nil {
		return nil, err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", request.URL.Host)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	begun, err := ask(conn, request)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return begun, nil
}

func ask(conn net.Conn, request *http.Request) (net.Conn, error) {
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1024))
		return nil, fmt.Errorf("%s: %s", answer.Status, text)
	}
	return &readOn{conn, reader}, nil
}

// readOn is a connection of which a first part may have been read already.
type readOn struct {
	net.Conn
	reader *bufio.Reader
}

func (r *readOn) Read(into []byte) (int, error) { return r.reader.Read(into) }
