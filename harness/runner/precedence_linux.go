package runner

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// TakePrecedence asks the kernel to let the threads of this process run as soon as they have
// work (sched(7): SCHED_RR, at the lowest priority). They need little of the processor, and
// programs that take all of it have kept them waiting for three seconds. What is started
// from them, a program under test above all, is scheduled like anybody else. The runtime
// starts threads all the time: it has to be asked again. It needs CAP_SYS_NICE.
func TakePrecedence() error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("take precedence: %w", err)
	}
	attributes := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			continue
		}
		if err := unix.SchedSetAttr(id, &attributes, 0); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("take precedence: %w", err)
		}
	}
	return nil
}
