package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// inspector speaks the protocol of V8's inspector: questions with a number, answers with
// the same, and events.
// https://chromedevtools.github.io/devtools-protocol/v8
type inspector struct {
	conn *websocket.Conn
	// heard is told of every event, in turn; it must not wait for an answer.
	heard func(method string, params json.RawMessage)

	mu      sync.Mutex
	last    int
	waiting map[int]chan<- message
	err     error // why nothing can be asked any more
	ended   chan struct{}
}

// message is a question, an answer or an event.
type message struct {
	ID     int             `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// maxMessage bounds an answer, in bytes: a profile of 200 MiB of small strings takes 300 KB.
const maxMessage = 64 << 20

// askWithin bounds every question: a program that hangs, or is frozen at its limit, answers
// none. closeWithin bounds those at the end of a session.
const (
	askWithin   = 10 * time.Second
	closeWithin = time.Second
)

var errInspectorClosed = errors.New("the inspector's session is over")

// dialInspector opens a session with the only target of the inspector under an URL.
func dialInspector(ctx context.Context, base string, client *http.Client, heard func(string, json.RawMessage)) (*inspector, error) {
	target, err := inspectorTarget(ctx, base, client)
	if err != nil {
		return nil, err
	}
	// Without the client's own time limit, which would end the session.
	opening, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	conn, _, err := websocket.Dial(opening, target, &websocket.DialOptions{HTTPClient: &http.Client{Transport: client.Transport}})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxMessage)
	i := &inspector{conn: conn, heard: heard, waiting: map[int]chan<- message{}, ended: make(chan struct{})}
	go i.read()
	return i, nil
}

// inspectorTarget asks which session there is. Only its path is of use: the host that it
// names is the program's own.
func inspectorTarget(ctx context.Context, base string, client *http.Client) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/json/list", nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxMessage))
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", response.Status, strings.TrimSpace(string(body)))
	}
	var targets []struct {
		URL string `json:"webSocketDebuggerUrl"`
	}
	if err := json.Unmarshal(body, &targets); err != nil {
		return "", fmt.Errorf("read the list of sessions: %w", err)
	}
	if len(targets) == 0 || targets[0].URL == "" {
		return "", errors.New("another debugger is attached")
	}
	told, err := url.Parse(targets[0].URL)
	if err != nil {
		return "", err
	}
	return base + told.Path, nil
}

// read hands on what comes until the session ends.
func (i *inspector) read() {
	defer close(i.ended)
	for {
		_, text, err := i.conn.Read(context.Background())
		if err != nil {
			i.fail(err)
			return
		}
		var told message
		if err := json.Unmarshal(text, &told); err != nil {
			i.fail(err)
			return
		}
		if told.Method != "" {
			i.heard(told.Method, told.Params)
			continue
		}
		if answer := i.take(told.ID); answer != nil {
			answer <- told
		}
	}
}

// fail ends all that waits.
func (i *inspector) fail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.err = err
	for id, answer := range i.waiting {
		close(answer)
		delete(i.waiting, id)
	}
}

func (i *inspector) take(id int) chan<- message {
	i.mu.Lock()
	defer i.mu.Unlock()
	answer := i.waiting[id]
	delete(i.waiting, id)
	return answer
}

// put notes a question whose answer is to come.
func (i *inspector) put(answer chan<- message) (id int, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.err != nil {
		return 0, errInspectorClosed
	}
	i.last++
	i.waiting[i.last] = answer
	return i.last, nil
}

// call asks, and reads the answer into result unless that is nil.
func (i *inspector) call(ctx context.Context, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	answer := make(chan message, 1)
	id, err := i.put(answer)
	if err != nil {
		return fmt.Errorf("ask %s: %w", method, err)
	}
	defer i.take(id)
	text, err := question(id, method, params)
	if err != nil {
		return fmt.Errorf("ask %s: %w", method, err)
	}
	// Without ctx, whose end would break the connection off: a question is short.
	if err := i.conn.Write(context.WithoutCancel(ctx), websocket.MessageText, text); err != nil {
		return fmt.Errorf("ask %s: %w", method, err)
	}
	select {
	case told, open := <-answer:
		switch {
		case !open:
			return fmt.Errorf("ask %s: %w", method, errInspectorClosed)
		case told.Error != nil:
			return fmt.Errorf("ask %s: %s", method, told.Error.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(told.Result, result)
	case <-ctx.Done():
		return fmt.Errorf("ask %s: %w", method, ctx.Err())
	}
}

func question(id int, method string, params any) ([]byte, error) {
	asked := message{ID: id, Method: method}
	if params != nil {
		var err error
		if asked.Params, err = json.Marshal(params); err != nil {
			return nil, err
		}
	}
	return json.Marshal(asked)
}

// close ends the session, and waits until nothing is heard any more. A goodbye would wait
// for the answer of a program that may hang.
func (i *inspector) close() {
	_ = i.conn.CloseNow() // what was to be learnt was learnt
	<-i.ended
}
