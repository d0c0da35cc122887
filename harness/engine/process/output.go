package process

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// output copies what a program writes. exec.Cmd could, but its Wait would not return
// while any child holds the pipe, though the program itself has long ended.
type output struct {
	copying sync.WaitGroup
	pipes   []*os.File
}

// outputTimeout bounds the wait for a child that outlived even a kill: one of another
// user.
const outputTimeout = 5 * time.Second

// take puts pipes in the place of a command's writers. The returned function closes
// this side's copies of the ends that the command has got; it is called once the
// command was started, or could not be.
func (o *output) take(command *exec.Cmd) (release func(), err error) {
	var given []*os.File
	release = func() {
		for _, end := range given {
			end.Close()
		}
	}
	for _, to := range []*io.Writer{&command.Stdout, &command.Stderr} {
		if _, isFile := (*to).(*os.File); isFile || *to == nil {
			continue
		}
		read, write, err := os.Pipe()
		if err != nil {
			release()
			return nil, errors.Join(err, o.close())
		}
		given, o.pipes = append(given, write), append(o.pipes, read)
		into := *to
		*to = write
		o.copying.Go(func() { _, _ = io.Copy(into, read) }) // ends with the last writer
	}
	return release, nil
}

// wait returns when everything was copied.
func (o *output) wait() {
	overdue := time.AfterFunc(outputTimeout, func() { _ = o.close() })
	o.copying.Wait()
	overdue.Stop()
	_ = o.close()
}

func (o *output) close() error {
	var failed []error
	for _, pipe := range o.pipes {
		failed = append(failed, pipe.Close())
	}
	return errors.Join(failed...)
}
