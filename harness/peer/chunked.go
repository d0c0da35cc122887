package peer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// chunkedBody reads a body in HTTP's chunks (RFC 9112, 7.1) and hands on whatever has
// arrived. The library's reader goes on until its caller's buffer is full or the chunk at
// its end: what a stalled connection had delivered would not be counted.
type chunkedBody struct {
	from  *bufio.Reader
	left  int64 // of the chunk
	begun bool
	ended bool
}

// Read implements io.Reader.
func (c *chunkedBody) Read(p []byte) (int, error) {
	if c.left == 0 && !c.ended {
		if err := c.next(); err != nil {
			return 0, cutShort(err)
		}
	}
	if c.ended {
		return 0, io.EOF
	}
	n, err := c.from.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, cutShort(err)
}

// next reads the line that begins a chunk, and with the last one what follows it.
func (c *chunkedBody) next() error {
	if c.begun {
		if line, err := c.line(); err != nil || line != "" {
			return errors.Join(err, unlessEmpty(line))
		}
	}
	c.begun = true
	line, err := c.line()
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	if c.left, err = strconv.ParseInt(strings.TrimSpace(size), 16, 64); err != nil || c.left < 0 {
		return fmt.Errorf("read chunk: %q is no size", size)
	}
	for c.ended = c.left == 0; c.ended && line != ""; {
		if line, err = c.line(); err != nil {
			return err
		}
	}
	return nil
}

func (c *chunkedBody) line() (string, error) {
	line, err := c.from.ReadSlice('\n')
	return strings.TrimRight(string(line), "\r\n"), err
}

func unlessEmpty(line string) error {
	if line == "" {
		return nil
	}
	return fmt.Errorf("read chunk: %q where a chunk should end", line)
}

// cutShort: an end in the middle is not an end.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// bodyOf is the body of a message whose head was read from the same reader.
func bodyOf(body io.Reader, encodings []string, from *bufio.Reader) io.Reader {
	if len(encodings) > 0 && encodings[0] == "chunked" {
		return &chunkedBody{from: from}
	}
	return body
}
